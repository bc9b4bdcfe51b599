"""One file for each command, of its name; it parses, calls the package, and says what came."""
