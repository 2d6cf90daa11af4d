//! Says which Python a Rust program runs, and whether the bridge can start on it.

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{into_future, run};

fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| {
        let running = py.version_info();
        let built_for = format!("{}.{}", running.major, running.minor);
        println!(
            "runs the Python it was built for: {}",
            built_for == env!("BUILT_FOR")
        );
        println!("is CPython: {}", implementation(py)? == "cpython");
        run(py, async {
            let sleep = Python::attach(|py| {
                let asyncio = py.import("asyncio")?;
                into_future(asyncio.call_method1("sleep", (0, true))?)
            })?;
            let slept = sleep.await?;
            println!("the bridge awaits it: {slept}");
            Ok(())
        })
    })
}

fn implementation(py: Python<'_>) -> PyResult<String> {
    let sys = py.import("sys")?;
    sys.getattr("implementation")?.getattr("name")?.extract()
}
