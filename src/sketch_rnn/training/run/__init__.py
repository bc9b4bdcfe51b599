"""Everything that a training run keeps on disk.

`files` names the files; `state` is the content of a checkpoint, `checkpoints` writes and reads
them, `resume` says what a resume refuses, `recovery` rolls back, `report` and `metrics` write the
reports, `find` lists runs. Stable: the formats of the files and `RunReport`.
"""
