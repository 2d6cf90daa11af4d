//! A module that counts the lines of files, also in the children of `fork`.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::sync::{LazyLock, RwLock};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3_async_runtimes::{TaskLocals, generic};
use tokio::runtime::Runtime;
use tokio::task::{JoinError, JoinHandle};

// ANCHOR: count
async fn lines(path: PathBuf) -> PyResult<usize> {
    let text = tokio::fs::read_to_string(path).await?;
    Ok(text.lines().count())
}

/// On the bridge's runtime, which belongs to the process that has started it.
#[pyfunction]
fn count_on_bridge(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Bridge, _, _>(py, lines(path))
}
// ANCHOR_END: count

// ANCHOR: guard
/// The process whose first call has started the bridge's runtime, or 0.
static STARTED_BY: AtomicU32 = AtomicU32::new(0);

fn same_process() -> PyResult<()> {
    let here = std::process::id();
    match STARTED_BY.compare_exchange(0, here, Ordering::AcqRel, Ordering::Acquire) {
        Err(other) if other != here => Err(PyRuntimeError::new_err(
            "this process was forked after its parent had used tokio: \
             fork before the first await, or start processes with spawn or forkserver",
        )),
        _ => Ok(()),
    }
}

#[pyfunction]
fn count_guarded(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyAny>> {
    same_process()?;
    count_on_bridge(py, path)
}
// ANCHOR_END: guard

// ANCHOR: own
/// On the runtime of the process that calls.
#[pyfunction]
fn count(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Own, _, _>(py, lines(path))
}

/// What a child of `fork` cannot use of its parent: threads, and a lock that they may hold.
struct Process {
    runtime: LazyLock<Runtime>,
    delivering: RwLock<bool>,
}

static PROCESS: AtomicPtr<Process> = AtomicPtr::new(ptr::null_mut());

/// Runs at the import, and in each child before `os.fork` returns there.
#[pyfunction]
fn begin_process() {
    let process = Box::leak(Box::new(Process {
        runtime: LazyLock::new(|| Runtime::new().expect("the system has threads for a runtime")),
        delivering: RwLock::new(true),
    }));
    // The parent's stays in memory: to drop its runtime is to wait for threads that are not here.
    PROCESS.store(process, Ordering::Release);
}

fn process() -> &'static Process {
    // SAFETY: the import has stored a pointer before anything can call this, and what is stored
    // is never freed nor borrowed as mutable.
    unsafe { &*PROCESS.load(Ordering::Acquire) }
}
// ANCHOR_END: own

// ANCHOR: hook
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    begin_process();
    module.add_function(wrap_pyfunction!(count, module)?)?;
    module.add_function(wrap_pyfunction!(count_guarded, module)?)?;
    module.add_function(wrap_pyfunction!(count_on_bridge, module)?)?;

    let py = module.py();
    let at_exit = wrap_pyfunction!(stop_deliveries, module)?;
    py.import("atexit")?.call_method1("register", (at_exit,))?;
    // Where there is no `fork`, such as on Windows, there is no such function.
    if let Some(register) = py.import("os")?.getattr_opt("register_at_fork")? {
        let hooks = PyDict::new(py);
        hooks.set_item("after_in_child", wrap_pyfunction!(begin_process, module)?)?;
        register.call((), Some(&hooks))?;
    }
    Ok(())
}
// ANCHOR_END: hook

// ANCHOR: deliver
/// Delivers, if results may go to Python. Each delivery holds the lock for reading.
fn if_delivering(deliver: impl FnOnce()) {
    let delivering = process()
        .delivering
        .read()
        .expect("no delivery writes, so none can poison it");
    if *delivering {
        deliver();
    }
}

/// Waits for the deliveries under way and refuses all later ones.
#[pyfunction]
fn stop_deliveries(py: Python<'_>) {
    // Deliveries need the interpreter to finish: let go of it, or this waits for ever.
    py.detach(|| {
        *process()
            .delivering
            .write()
            .expect("no delivery writes, so none can poison it") = false
    });
}

struct Own;

impl generic::Runtime for Own {
    type JoinError = JoinError;
    type JoinHandle = JoinHandle<()>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        process().runtime.spawn(future)
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(deliver: F) -> Self::JoinHandle {
        process().runtime.spawn_blocking(|| if_delivering(deliver))
    }
}
// ANCHOR_END: deliver

/// The bridge's runtime, with deliveries that end before the interpreter does.
struct Bridge;

impl generic::Runtime for Bridge {
    type JoinError = JoinError;
    type JoinHandle = JoinHandle<()>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        pyo3_async_runtimes::tokio::get_runtime().spawn(future)
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(deliver: F) -> Self::JoinHandle {
        pyo3_async_runtimes::tokio::get_runtime().spawn_blocking(|| if_delivering(deliver))
    }
}

tokio::task_local! {
    static LOCALS: TaskLocals;
}

macro_rules! keep_locals {
    ($runtime:ty) => {
        impl generic::ContextExt for $runtime {
            fn scope<F, R>(locals: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
            where
                F: Future<Output = R> + Send + 'static,
            {
                Box::pin(LOCALS.scope(locals, future))
            }

            fn get_task_locals() -> Option<TaskLocals> {
                LOCALS.try_with(TaskLocals::clone).ok()
            }
        }
    };
}

keep_locals!(Own);
keep_locals!(Bridge);
