//! Nothing: Cargo refuses the manifest.
