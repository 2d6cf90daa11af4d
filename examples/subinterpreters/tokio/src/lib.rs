//! A Python module that resolves host names on tokio.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use std::io;

    use pyo3::prelude::*;
    use pyo3_async_runtimes::tokio::future_into_py;

    // ANCHOR: resolve
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
    // ANCHOR_END: resolve

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
