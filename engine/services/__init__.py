"""One use case a file: open a unit of work, ask the domain, commit."""
