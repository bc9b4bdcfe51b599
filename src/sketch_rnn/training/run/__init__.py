"""Everything that a training run keeps on disk."""
