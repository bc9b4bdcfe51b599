"""Drawings of any kind into a dataset: the steps, their report and the contact sheet.

In: files or sketches, and `PrepareOptions`. Out: a `.npz` file or a store, and a report of every
change. Stable: `prepare_dataset` and the command `data prepare`.
"""
