"""One file for each command: it parses, calls the package, and reports the result."""
