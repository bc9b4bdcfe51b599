"""Where drawings come from: files and the embedded generator."""
