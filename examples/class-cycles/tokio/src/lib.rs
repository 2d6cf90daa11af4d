//! Classes that hold a Python callback: two that leak in a reference cycle, and the cure.

#[pyo3::pymodule]
mod _native {
    use std::mem;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use pyo3::prelude::*;
    use pyo3::{PyTraverseError, PyVisit};

    // ANCHOR: callback
    #[derive(Default)]
    struct Callback(Mutex<Option<Py<PyAny>>>);

    impl Callback {
        fn lock(&self) -> MutexGuard<'_, Option<Py<PyAny>>> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn replace(&self, callback: Option<Py<PyAny>>) {
            // Dropped when the lock is free again, because it may run Python code.
            let _old = mem::replace(&mut *self.lock(), callback);
        }

        fn get(&self, py: Python<'_>) -> Option<Py<PyAny>> {
            self.lock().as_ref().map(|callback| callback.clone_ref(py))
        }

        /// Calls a copy: while it runs, the lock is free.
        fn call(&self, letter: &Bound<'_, PyAny>) -> PyResult<()> {
            match self.get(letter.py()) {
                Some(callback) => callback.call1(letter.py(), (letter,)).map(drop),
                None => Ok(()),
            }
        }
    }
    // ANCHOR_END: callback

    // ANCHOR: watcher
    #[pyclass(frozen, module = "class_cycles")]
    #[derive(Default)]
    struct Watcher {
        on_letter: Callback,
    }

    #[pymethods]
    impl Watcher {
        fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
            // The garbage collector must not wait for a lock.
            match self.on_letter.0.try_lock() {
                Ok(callback) => visit.call(&*callback),
                Err(_) => Ok(()),
            }
        }

        fn __clear__(&self) {
            self.on_letter.replace(None);
        }

        #[setter]
        fn set_on_letter(&self, callback: Option<Py<PyAny>>) {
            self.on_letter.replace(callback);
        }
        // ANCHOR_END: watcher

        #[getter]
        fn on_letter(&self, py: Python<'_>) -> Option<Py<PyAny>> {
            self.on_letter.get(py)
        }

        fn deliver(&self, letter: &Bound<'_, PyAny>) -> PyResult<()> {
            self.on_letter.call(letter)
        }

        #[new]
        fn new() -> Self {
            Self::default()
        }
    }

    /// The first mistake: the garbage collector does not see the callback.
    #[pyclass(frozen, module = "class_cycles")]
    #[derive(Default)]
    struct WithoutTraverse {
        on_letter: Callback,
    }

    #[pymethods]
    impl WithoutTraverse {
        #[setter]
        fn set_on_letter(&self, callback: Option<Py<PyAny>>) {
            self.on_letter.replace(callback);
        }

        #[getter]
        fn on_letter(&self, py: Python<'_>) -> Option<Py<PyAny>> {
            self.on_letter.get(py)
        }

        fn deliver(&self, letter: &Bound<'_, PyAny>) -> PyResult<()> {
            self.on_letter.call(letter)
        }

        #[new]
        fn new() -> Self {
            Self::default()
        }
    }

    /// The second mistake: the garbage collector sees the callback, and cannot take it out.
    #[pyclass(frozen, module = "class_cycles")]
    #[derive(Default)]
    struct WithoutClear {
        on_letter: Callback,
    }

    #[pymethods]
    impl WithoutClear {
        fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
            match self.on_letter.0.try_lock() {
                Ok(callback) => visit.call(&*callback),
                Err(_) => Ok(()),
            }
        }

        #[setter]
        fn set_on_letter(&self, callback: Option<Py<PyAny>>) {
            self.on_letter.replace(callback);
        }

        #[getter]
        fn on_letter(&self, py: Python<'_>) -> Option<Py<PyAny>> {
            self.on_letter.get(py)
        }

        fn deliver(&self, letter: &Bound<'_, PyAny>) -> PyResult<()> {
            self.on_letter.call(letter)
        }

        #[new]
        fn new() -> Self {
            Self::default()
        }
    }
}
