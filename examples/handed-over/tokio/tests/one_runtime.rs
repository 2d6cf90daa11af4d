//! The bridge uses the runtime that it was given, and starts no other.

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{get_runtime, init_with_runtime, run};
use tokio::runtime::{Builder, Handle, Runtime};

/// All in one test: the bridge has one runtime for the process.
#[test]
fn the_bridge_uses_the_runtime_that_it_was_given_and_refuses_another() -> PyResult<()> {
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .worker_threads(2)
        .thread_name("kiosk-with-a-long-name")
        .build()?;
    let runtime: &'static Runtime = Box::leak(Box::new(runtime));
    assert_eq!(init_with_runtime(runtime), Ok(()));

    Python::initialize();
    let id = Python::attach(|py| run(py, async { Ok(Handle::current().id()) }))?;
    assert_eq!(id, runtime.handle().id());
    assert_eq!(get_runtime().handle().id(), runtime.handle().id());
    assert_eq!(get_runtime().metrics().num_workers(), 2);

    #[cfg(target_os = "linux")]
    assert!(names()?.contains("kiosk-with-a-lo\n"), "{}", names()?);

    let other: &'static Runtime = Box::leak(Box::new(Runtime::new()?));
    assert_eq!(init_with_runtime(other), Err(()));
    assert_eq!(get_runtime().handle().id(), runtime.handle().id());
    Ok(())
}

/// The names of all threads, as Linux knows them: of each, 15 bytes.
#[cfg(target_os = "linux")]
fn names() -> std::io::Result<String> {
    std::fs::read_dir("/proc/self/task")?
        .map(|thread| std::fs::read_to_string(thread?.path().join("comm")))
        .collect()
}
