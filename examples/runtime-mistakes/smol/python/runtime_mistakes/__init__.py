"""Runtimes for the bridge that each break one promise."""
