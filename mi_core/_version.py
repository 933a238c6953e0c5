"""The package's version (the catalogue has its own)."""

__version__ = "0.1.0"
