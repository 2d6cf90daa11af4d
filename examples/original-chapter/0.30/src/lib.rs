//! The bridge of today under the name that the chapter's blocks call it by.

pub use pyo3_async_runtimes::*;
