"""HTTP: the pages, the API, signing in."""
