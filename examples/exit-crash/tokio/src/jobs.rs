//! Jobs on the bridge's runtime that deliver no result.

use std::thread;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use tokio::task::{block_in_place, spawn_blocking, yield_now};

/// Releases the GIL inside Python for a moment, and acquires it again.
fn attach() {
    Python::attach(|py| {
        let time = py.import("time");
        drop(time.and_then(|time| time.call_method1("sleep", (0,))));
    });
}

/// Sixteen tasks that attach again and again, half of them on blocking threads.
#[pyfunction]
pub fn attach_all_the_time() {
    for _ in 0..8 {
        get_runtime().spawn(async {
            loop {
                attach();
                yield_now().await;
            }
        });
        get_runtime().spawn(async { while spawn_blocking(attach).await.is_ok() {} });
    }
}

/// A blocking job that never returns.
#[pyfunction]
pub fn block_forever() {
    get_runtime().spawn_blocking(|| {
        loop {
            thread::park();
        }
    });
}

/// Calls it on a worker that has given its tasks to another thread.
#[pyfunction]
pub fn call_in_place(call: Py<PyAny>) {
    get_runtime().spawn(async move {
        block_in_place(|| {
            Python::attach(|py| {
                if let Err(error) = call.bind(py).call0() {
                    error.print(py);
                }
            });
        });
    });
}
