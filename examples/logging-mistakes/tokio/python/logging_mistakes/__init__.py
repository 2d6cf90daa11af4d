"""What goes wrong when Rust logs: `_native` has the calls that hang or lose something."""
