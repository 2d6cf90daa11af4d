//! Reads the banners of servers, the lines that SSH and mail servers send first, on smol.

mod runtime;

// ANCHOR: module
#[pyo3::pymodule]
mod _native {
    use std::io;

    use pyo3::prelude::*;
    use pyo3_async_runtimes::generic::{future_into_py, into_future};
    use smol::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
    use smol::net::TcpStream;

    use crate::runtime::Smol;

    /// The longest banner in bytes; what a server sends beyond it is left out.
    const MAX_BANNER: u64 = 1024;

    /// Connects to a server and returns the first line that it sends.
    #[pyfunction]
    fn read_banner(py: Python<'_>, host: String, port: u16) -> PyResult<Bound<'_, PyAny>> {
        future_into_py::<Smol, _, _>(py, async move { Ok(banner(&host, port).await?) })
    }

    /// The same, but after each failure it awaits `retry(error)` and then tries again.
    ///
    /// Ends with the exception of `retry`, if it raises one. A cancellation does not end a `retry`
    /// that is running.
    #[pyfunction]
    fn read_banner_once_up(
        py: Python<'_>,
        host: String,
        port: u16,
        retry: Py<PyAny>,
    ) -> PyResult<Bound<'_, PyAny>> {
        future_into_py::<Smol, _, _>(py, async move {
            loop {
                match banner(&host, port).await {
                    Ok(banner) => return Ok(banner),
                    Err(error) => Python::attach(|py| {
                        into_future::<Smol>(retry.bind(py).call1((PyErr::from(error),))?)
                    })?,
                }
                .await?;
            }
        })
    }

    async fn banner(host: &str, port: u16) -> io::Result<String> {
        let server = TcpStream::connect((host, port)).await?;
        let mut line = Vec::new();
        BufReader::new(server.take(MAX_BANNER))
            .read_until(b'\n', &mut line)
            .await?;
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
// ANCHOR_END: module
