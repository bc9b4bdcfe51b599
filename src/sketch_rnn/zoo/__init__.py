"""Models known by name: in the package, in the cache, or at an address.

In: what a user calls a model. Out: the file it is in, downloaded if necessary, and the text of a
model card. Stable: the names of models.
"""
