"""The back office: the book's rows as tables, and a form for each row."""
