//! A native module whose Rust futures Python awaits: one only sleeps, one takes and gives values.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use std::io;
    use std::time::Duration;

    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;
    use pyo3_async_runtimes::tokio::future_into_py;
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpStream;

    // ANCHOR: call_rust_sleep
    async fn rust_sleep(duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    #[pyfunction]
    fn call_rust_sleep(py: Python<'_>, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
        let duration = Duration::try_from_secs_f64(seconds)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;

        future_into_py(py, async move {
            rust_sleep(duration).await;
            Ok(None::<()>)
        })
    }
    // ANCHOR_END: call_rust_sleep

    // ANCHOR: ask
    /// Sends one line to the server and reads one line.
    async fn ask_server(port: u16, question: String) -> io::Result<String> {
        let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
        server.write_all(format!("{question}\n").as_bytes()).await?;
        let mut answer = String::new();
        BufReader::new(server).read_line(&mut answer).await?;
        Ok(answer.trim_end().to_owned())
    }

    /// Asks the server at `port` of this machine; `OSError` if that fails.
    #[pyfunction]
    fn ask(py: Python<'_>, port: u16, question: String) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move {
            let answer = ask_server(port, question).await?;
            Ok(answer)
        })
    }
    // ANCHOR_END: ask

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
