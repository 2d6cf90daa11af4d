//! The old way to uvloop in a Rust program: a policy for the whole process.

use pyo3::prelude::*;
use pyo3::types::IntoPyDict;
use pyo3_async_runtimes::tokio::{get_current_loop, run};

// ANCHOR: main
fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| {
        use_virtual_environment(py)?;
        py.import("uvloop")?.call_method0("install")?;
        run(py, rust_side())
    })
}

async fn rust_side() -> PyResult<()> {
    Python::attach(|py| {
        let event_loop = get_current_loop(py)?;
        assert!(event_loop.is_instance(&py.import("uvloop")?.getattr("Loop")?)?);
        println!("Rust waits for {}", event_loop.get_type());
        Ok(())
    })
}
// ANCHOR_END: main

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
