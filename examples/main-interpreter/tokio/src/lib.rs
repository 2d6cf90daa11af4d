//! A Python module that resolves host names on tokio, in the main interpreter only.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use std::io;

    use pyo3::exceptions::PyImportError;
    use pyo3::ffi;
    use pyo3::prelude::*;
    use pyo3_async_runtimes::tokio::future_into_py;

    /// The asyncio future ends with the first address of `host`, an `ipaddress.IPv4Address` or
    /// `IPv6Address`, or with an `OSError` if it has none. A cancel ends the wait, not the lookup.
    #[pyfunction]
    fn resolve(py: Python<'_>, host: String) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move {
            let mut found = tokio::net::lookup_host((host.as_str(), 0))
                .await
                .map_err(|error| io::Error::new(error.kind(), format!("{host}: {error}")))?;
            let first = found.next().ok_or_else(|| {
                io::Error::new(io::ErrorKind::NotFound, format!("{host}: no address"))
            })?;
            Ok(first.ip())
        })
    }

    // ANCHOR: guard
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        refuse_sub_interpreters(module.py())?;
        crate::runtime::set_up(module.py())
    }

    /// Raises ImportError in every interpreter but the main one, whose id is 0.
    ///
    /// Threads of Rust attach to the main interpreter, whichever has imported the module, and
    /// what PyO3 and the bridge keep in a `static` is shared by all interpreters.
    fn refuse_sub_interpreters(py: Python<'_>) -> PyResult<()> {
        // SAFETY: the thread is attached, as `py` shows, so there is a current interpreter.
        match unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) } {
            0 => Ok(()),
            id if id < 0 => Err(PyErr::fetch(py)),
            id => Err(PyImportError::new_err(format!(
                "strict_resolver works in the main interpreter only, not in sub-interpreter {id}"
            ))),
        }
    }
    // ANCHOR_END: guard
}
