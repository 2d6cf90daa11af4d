//! Does not compile: a class has an `Rc`, whose count of owners two threads could change at once.

use std::cell::RefCell;
use std::rc::Rc;

use pyo3::prelude::*;

#[pyclass]
struct Mailbox {
    letters: Rc<RefCell<Vec<String>>>,
}

fn main() {}
