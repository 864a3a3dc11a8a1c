"""The only user of SQLAlchemy, and the reader of files that the engine needs."""
