//! Asks whether the loop is uvloop's: the right way round, then the wrong one, which fails.

use pyo3::prelude::*;
use pyo3::types::IntoPyDict;
use pyo3_async_runtimes::tokio::{get_current_loop, run_until_complete};

fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| {
        use_virtual_environment(py)?;
        let event_loop = py.import("uvloop")?.call_method0("new_event_loop")?;
        let result = run_until_complete(event_loop.clone(), rust_side());
        event_loop.call_method0("close")?;
        result
    })
}

async fn rust_side() -> PyResult<()> {
    Python::attach(|py| {
        let event_loop = get_current_loop(py)?;
        assert!(is_uvloop(&event_loop)?);
        assert!(is_uvloop_reversed(&event_loop)?);
        println!("never printed");
        Ok(())
    })
}

// ANCHOR: right
fn is_uvloop(event_loop: &Bound<'_, PyAny>) -> PyResult<bool> {
    let class = event_loop.py().import("uvloop")?.getattr("Loop")?;
    event_loop.is_instance(&class)
}
// ANCHOR_END: right

// ANCHOR: reversed
fn is_uvloop_reversed(event_loop: &Bound<'_, PyAny>) -> PyResult<bool> {
    let class = event_loop.py().import("uvloop")?.getattr("Loop")?;
    class.is_instance(event_loop)
}
// ANCHOR_END: reversed

/// Lets Python import the packages of the virtual environment that is active.
fn use_virtual_environment(py: Python<'_>) -> PyResult<()> {
    if let Some(folder) = std::env::var_os("VIRTUAL_ENV") {
        let base = [("base", folder)].into_py_dict(py)?;
        for kind in ["purelib", "platlib"] {
            let packages = py
                .import("sysconfig")?
                .call_method1("get_path", (kind, "posix_prefix", &base))?;
            py.import("site")?.call_method1("addsitedir", (packages,))?;
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests;
