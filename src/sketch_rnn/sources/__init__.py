"""Sources: readers of the files that people keep drawings in, one module a format.

A path comes in; lines in pixels, labels and one line for each thing that could not be read go out.
The table in `formats` says which reader takes which file.
"""
