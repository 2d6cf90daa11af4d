//! A press that prints one order at a time, shared by any number of callers.

mod runtime;

// ANCHOR: module
#[pyo3::pymodule]
mod _native {
    use std::io;
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::Duration;

    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;
    use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
    use tokio::fs::File;
    use tokio::io::AsyncWriteExt;
    use tokio::sync::Mutex;

    type Paper = Arc<Mutex<Option<File>>>;

    /// Prints one order at a time into a file.
    #[pyclass(frozen)]
    struct Press(Paper);

    #[pymethods]
    impl Press {
        #[new]
        fn new(path: PathBuf) -> PyResult<Self> {
            let file = std::fs::File::create(&path).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })?;
            Ok(Self(Arc::new(Mutex::new(Some(File::from_std(file))))))
        }

        fn print<'py>(
            &self,
            py: Python<'py>,
            order: String,
            seconds: f64,
        ) -> PyResult<Bound<'py, PyAny>> {
            future_into_py(py, print(self.0.clone(), order, seconds))
        }

        fn print_blocking(&self, py: Python<'_>, order: String, seconds: f64) -> PyResult<String> {
            let printing = print(self.0.clone(), order, seconds);
            py.detach(|| get_runtime().block_on(printing))
        }

        fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            let paper = self.0.clone();
            future_into_py(py, async move {
                let file = paper.lock().await.take();
                if let Some(mut file) = file {
                    file.flush().await?;
                }
                Ok(None::<()>)
            })
        }
    }

    /// Prints when it is the order's turn, for so many seconds.
    async fn print(paper: Paper, order: String, seconds: f64) -> PyResult<String> {
        let duration = Duration::try_from_secs_f64(seconds)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let mut paper = paper.lock().await;
        let file = paper
            .as_mut()
            .ok_or_else(|| PyValueError::new_err("the press is closed"))?;
        tokio::time::sleep(duration).await;
        file.write_all(format!("{order}\n").as_bytes()).await?;
        file.flush().await?;
        Ok(format!("{order} is printed"))
    }

    /// How many tasks of this module run on tokio: none if no future does.
    #[pyfunction]
    fn running() -> usize {
        get_runtime().metrics().num_alive_tasks()
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
// ANCHOR_END: module
