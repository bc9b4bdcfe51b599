"""Files as such: atomic writes, headers, downloads and zip archives.

In and out: paths, addresses and bytes; nothing here knows a drawing or a model. Nothing is stable:
it is for the rooms above.
"""
