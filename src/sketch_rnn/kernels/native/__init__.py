"""Whole sequences and blocks of drawing steps in C++, compiled on the user's machine."""
