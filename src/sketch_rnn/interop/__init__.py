"""Roads to and from the original implementations: names, formats, weights."""
