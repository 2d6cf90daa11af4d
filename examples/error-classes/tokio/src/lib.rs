//! A Python module that reads documents, and gives each way to fail an exception class of its own.

mod runtime;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::future_into_py;

// ANCHOR: classes
create_exception!(archive, DocumentError, PyException, "Base of both.");
create_exception!(archive, NotFound, DocumentError, "No such document.");
create_exception!(archive, Unreadable, DocumentError, "It is not text.");

enum Failure {
    NotFound(String),
    Unreadable(String, io::Error),
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotFound(name) => NotFound::new_err(format!("no document {name}")),
            Failure::Unreadable(name, source) => Python::attach(|py| {
                let error = Unreadable::new_err(format!("{name} is not readable"));
                error.set_cause(py, Some(source.into()));
                error
            }),
        }
    }
}
// ANCHOR_END: classes

// ANCHOR: read
async fn text_of(folder: &Path, name: String) -> Result<String, Failure> {
    // A path is no name: it would lead out of the folder.
    if Path::new(&name).file_name() != Some(OsStr::new(&name)) {
        return Err(Failure::NotFound(name));
    }
    let text = tokio::fs::read_to_string(folder.join(&name)).await;
    text.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::NotFound(name),
        _ => Failure::Unreadable(name, error),
    })
}

/// The text of the document `name`, or a `DocumentError`.
#[pyfunction]
fn read(py: Python<'_>, folder: PathBuf, name: String) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { Ok(text_of(&folder, name).await?) })
}
// ANCHOR_END: read

// ANCHOR: group
/// The texts of all documents, or an `ExceptionGroup` of all that failed.
#[pyfunction]
fn read_all(py: Python<'_>, folder: PathBuf, names: Vec<String>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        let (mut texts, mut errors) = (Vec::new(), Vec::<PyErr>::new());
        for name in names {
            match text_of(&folder, name).await {
                Ok(text) => texts.push(text),
                Err(failure) => errors.push(failure.into()),
            }
        }
        if errors.is_empty() {
            return Ok(texts);
        }
        Err(Python::attach(|py| all_of(py, errors))?)
    })
}

/// One exception for all. Before Python 3.11 there are no groups, and the first stands for all.
fn all_of(py: Python<'_>, mut errors: Vec<PyErr>) -> PyResult<PyErr> {
    let Ok(group) = py.import("builtins")?.getattr("ExceptionGroup") else {
        return Ok(errors.swap_remove(0));
    };
    let group = group.call1(("not all documents", errors))?;
    Ok(PyErr::from_value(group))
}
// ANCHOR_END: group

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::{DocumentError, NotFound, Unreadable, read, read_all};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
