//! Does not compile: a class has a `Cell`, and two threads could change it at once.

use std::cell::Cell;

use pyo3::prelude::*;

#[pyclass]
struct Mailbox {
    reads: Cell<usize>,
}

fn main() {}
