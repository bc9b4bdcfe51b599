"""Training: a dataset and settings in, a run in a folder out.

`loop.Trainer` takes the steps (`step`, `optimiser`, `schedules`), validates and calls callbacks;
`run` keeps everything on disk. Stable: `Trainer`, `Callback` and the events it is called with.
"""
