"""Files and built-in sources in, batches out."""
