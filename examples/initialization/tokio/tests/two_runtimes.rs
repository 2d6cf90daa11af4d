//! What becomes of `#[tokio::main]` when its future calls the bridge's `run`: two runtimes.

use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};

fn current_thread() -> Runtime {
    Builder::new_current_thread()
        .build()
        .expect("a runtime without drivers needs nothing of the system")
}

#[test]
fn run_inside_tokio_main_uses_another_runtime() -> PyResult<()> {
    Python::initialize();
    current_thread().block_on(async {
        let outer = Handle::current().id();
        let inner = Python::attach(|py| {
            pyo3_async_runtimes::tokio::run(py, async { Ok(Handle::current().id()) })
        })?;
        assert_ne!(inner, outer);
        Ok(())
    })
}

#[test]
fn run_inside_tokio_main_stops_the_other_tasks_of_its_thread() -> PyResult<()> {
    Python::initialize();
    current_thread().block_on(async {
        let other = tokio::spawn(async {});
        Python::attach(|py| {
            // Python's loop turns a hundred times meanwhile.
            pyo3_async_runtimes::tokio::run(py, async {
                for _ in 0..100 {
                    Python::attach(|py| {
                        let turn = py.import("asyncio")?.call_method1("sleep", (0,))?;
                        pyo3_async_runtimes::tokio::into_future(turn)
                    })?
                    .await?;
                }
                Ok(())
            })
        })?;
        assert!(!other.is_finished());
        other.await.expect("a task that does nothing cannot panic");
        Ok(())
    })
}
