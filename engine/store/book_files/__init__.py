"""Books as files: CSV and workbooks in, problems by line and column, exports out."""
