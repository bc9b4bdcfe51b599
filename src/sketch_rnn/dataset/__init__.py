"""Datasets: three splits of sketches with their measures, in memory or as a store on disk.

Sources come in, as files, folders, names or lists of sketches; `Dataset` and batches of normalised
strokes go out. `load_dataset`, `build_dataset` and `save_dataset` are stable.
"""
