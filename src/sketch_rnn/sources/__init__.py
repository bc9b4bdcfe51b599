"""Readers of drawing files, one module per format, in the table of `formats`.

In: a path and `ReadingOptions`. Out: chunks of lines in pixels, with labels, and one line for each
drawing that could not be read. Stable: the formats, and how a reader is added.
"""
