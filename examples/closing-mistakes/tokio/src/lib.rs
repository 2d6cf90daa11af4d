//! Three classes that close nothing: one has methods that can't be awaited, two warn from Rust.

#[pyo3::pymodule]
mod _native {
    use pyo3::exceptions::PyResourceWarning;
    use pyo3::prelude::*;

    // ANCHOR: eager
    /// The mistake: both methods have done their work when they return.
    #[pyclass(frozen, module = "closing_mistakes")]
    struct Eager;

    #[pymethods]
    impl Eager {
        #[new]
        fn new() -> Self {
            Eager
        }

        fn __aenter__(slf: Py<Self>) -> Py<Self> {
            slf
        }

        fn __aexit__(&self, _kind: Py<PyAny>, _error: Py<PyAny>, _traceback: Py<PyAny>) -> bool {
            false
        }
    }
    // ANCHOR_END: eager

    // ANCHOR: unclosed
    /// PyO3 treats `__del__` as a method like any other.
    #[pyclass(frozen, subclass)]
    struct WithDel;

    #[pymethods]
    impl WithDel {
        #[new]
        fn new() -> Self {
            WithDel
        }

        fn __del__(&self, py: Python<'_>) -> PyResult<()> {
            warn_unclosed(py)
        }
    }

    #[pyclass(frozen)]
    struct WithDrop;

    #[pymethods]
    impl WithDrop {
        #[new]
        fn new() -> Self {
            WithDrop
        }
    }

    impl Drop for WithDrop {
        fn drop(&mut self) {
            // A drop can come after Python has finalized: then no warning is possible.
            Python::try_attach(|py| {
                if let Err(error) = warn_unclosed(py) {
                    error.write_unraisable(py, None);
                }
            });
        }
    }

    fn warn_unclosed(py: Python<'_>) -> PyResult<()> {
        PyErr::warn(py, &py.get_type::<PyResourceWarning>(), c"unclosed", 1)
    }
    // ANCHOR_END: unclosed
}
