"""Models known by name: in the package, in the cache, or at an address."""
