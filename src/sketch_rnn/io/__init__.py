"""Files as such: atomic writes, headers, downloads and zip archives.

Paths, addresses and bytes come in and go out; nothing here knows a drawing or a model.
"""
