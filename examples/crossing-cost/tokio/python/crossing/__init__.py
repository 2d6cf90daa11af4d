"""What one await across the border between Python and Rust costs: `python -m crossing.bench`."""
