//! The client of a carrier: bookings wait in a Rust buffer, until `close` writes it to a file.

mod runtime;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::sync::{Mutex, broadcast};
use tokio::time::{Duration, sleep};

// ANCHOR: carrier
#[pyclass(frozen)]
struct Carrier {
    file: Arc<Mutex<Option<BufWriter<File>>>>,
    booked: broadcast::Sender<String>,
}

#[pymethods]
impl Carrier {
    #[new]
    fn new(path: PathBuf) -> PyResult<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        let file = Arc::new(Mutex::new(Some(BufWriter::new(file))));
        let booked = broadcast::Sender::new(64);
        Ok(Self { file, booked })
    }

    fn book<'py>(&self, py: Python<'py>, item: String) -> PyResult<Bound<'py, PyAny>> {
        future_into_py(py, self.booking(item))
    }

    fn book_sync(&self, py: Python<'_>, item: String) -> PyResult<()> {
        let booking = self.booking(item);
        py.detach(|| get_runtime().block_on(booking)).map(drop)
    }

    fn bookings(&self) -> Bookings {
        Bookings(Arc::new(self.booked.subscribe().into()))
    }

    #[getter]
    fn listeners(&self) -> usize {
        self.booked.receiver_count()
    }

    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let file = Arc::clone(&self.file);
        future_into_py(py, async move {
            let file = file.lock().await.take();
            file.map(|mut file| file.flush()).transpose()?;
            Ok(None::<()>)
        })
    }
}

impl Carrier {
    /// Books nothing if it is dropped early.
    fn booking(&self, item: String) -> impl Future<Output = PyResult<Option<()>>> + use<> {
        let (file, booked) = (Arc::clone(&self.file), self.booked.clone());
        async move {
            // Stands for the request to the carrier.
            sleep(Duration::from_millis(20)).await;
            let mut file = file.lock().await;
            let closed = || PyValueError::new_err("the carrier is closed");
            let file = file.as_mut().ok_or_else(closed)?;
            file.write_all(format!("{item}\n").as_bytes())?;
            let _ = booked.send(item); // It fails without listeners.
            Ok(None)
        }
    }
}
// ANCHOR_END: carrier

#[pyclass(frozen)]
struct Bookings(Arc<Mutex<broadcast::Receiver<String>>>);

#[pymethods]
impl Bookings {
    fn next<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let booked = Arc::clone(&self.0);
        future_into_py(py, async move {
            let item = booked.lock().await.recv().await;
            item.map_err(|error| PyRuntimeError::new_err(error.to_string()))
        })
    }
}

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{Bookings, Carrier};
    use pyo3::prelude::*;
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
