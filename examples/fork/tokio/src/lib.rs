//! A module that counts the lines of files, also in the children of `fork`.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

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

#[pyfunction]
fn count_guarded(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyAny>> {
    let here = std::process::id();
    if ![0, here].contains(&STARTED_BY.load(Ordering::Relaxed)) {
        return Err(PyRuntimeError::new_err(
            "this process was forked after its parent had used tokio: \
             fork before the first await, or start processes with spawn or forkserver",
        ));
    }
    let counting = count_on_bridge(py, path)?;
    // Only now: a call that raises, such as one without an event loop, has started no runtime.
    STARTED_BY.store(here, Ordering::Relaxed);
    Ok(counting)
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
    gate: Gate,
}

static PROCESS: AtomicPtr<Process> = AtomicPtr::new(ptr::null_mut());

/// Runs at the import, and in each child before `os.fork` returns there.
#[pyfunction]
fn begin_process() {
    let process = Box::leak(Box::new(Process {
        runtime: LazyLock::new(|| Runtime::new().expect("the system has threads for a runtime")),
        delivering: RwLock::new(true),
        gate: Gate::default(),
    }));
    // The parent's stays in memory: a drop would wait for threads that this process doesn't have.
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
    // Without `fork`, as on Windows, there is no such function.
    if let Some(register) = py.import("os")?.getattr_opt("register_at_fork")? {
        let hooks = PyDict::new(py);
        hooks.set_item("before", wrap_pyfunction!(before_fork, module)?)?;
        hooks.set_item("after_in_parent", wrap_pyfunction!(after_fork, module)?)?;
        hooks.set_item("after_in_child", wrap_pyfunction!(begin_process, module)?)?;
        register.call((), Some(&hooks))?;
    }
    Ok(())
}
// ANCHOR_END: hook

// ANCHOR: gate
/// Threads of Rust enter it whenever they may touch Python objects. It is closed during forks.
#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Forks in progress, of several threads. The gate is open while there is none.
    forks: usize,
    /// Threads that have entered the gate and have not left it.
    inside: usize,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.changed
            .wait_while(self.state(), |state| state.forks > 0)
            .unwrap_or_else(PoisonError::into_inner)
            .inside += 1;
        let _leave = Leave(self);
        work()
    }
}

/// Also if the work panics.
struct Leave<'a>(&'a Gate);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.state().inside -= 1;
        self.0.changed.notify_all();
    }
}

/// Closes the gate and waits until no thread is inside, for a second at most.
#[pyfunction]
fn before_fork(py: Python<'_>) {
    // A thread inside may need the GIL to leave.
    py.detach(|| {
        let gate = &process().gate;
        let mut state = gate.state();
        state.forks += 1;
        let _ = gate
            .changed
            .wait_timeout_while(state, Duration::from_secs(1), |state| state.inside > 0);
    });
}

/// Opens it again, in the parent, after the last of the forks. The child has a new one.
#[pyfunction]
fn after_fork() {
    let gate = &process().gate;
    gate.state().forks -= 1;
    gate.changed.notify_all();
}

/// A future that is polled and dropped inside the gate.
struct Gated<F> {
    future: Option<Pin<Box<F>>>,
    gate: &'static Gate,
}

impl<F: Future<Output = ()>> Future for Gated<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.gate.inside(|| {
            let future = self.future.as_mut().expect("it is there until the drop");
            future.as_mut().poll(context)
        })
    }
}

impl<F> Drop for Gated<F> {
    fn drop(&mut self) {
        self.gate.inside(|| self.future = None);
    }
}
// ANCHOR_END: gate

// ANCHOR: deliver
/// Delivers, unless deliveries are stopped. Each delivery holds the lock for reading.
fn if_delivering(deliver: impl FnOnce()) {
    let delivering = process()
        .delivering
        .read()
        .unwrap_or_else(PoisonError::into_inner);
    if *delivering {
        deliver();
    }
}

/// Waits for the deliveries under way and refuses all later ones.
#[pyfunction]
fn stop_deliveries(py: Python<'_>) {
    // Deliveries need the GIL to finish: without the detach, this would deadlock.
    py.detach(|| {
        *process()
            .delivering
            .write()
            .unwrap_or_else(PoisonError::into_inner) = false
    });
}

struct Own;

impl generic::Runtime for Own {
    type JoinError = JoinError;
    type JoinHandle = JoinHandle<()>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        let Process { runtime, gate, .. } = process();
        let future = Some(Box::pin(future));
        runtime.spawn(Gated { future, gate })
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(deliver: F) -> Self::JoinHandle {
        let Process { runtime, gate, .. } = process();
        runtime.spawn_blocking(|| gate.inside(|| if_delivering(deliver)))
    }
}
// ANCHOR_END: deliver

/// The bridge's runtime, with deliveries that end before Python finalizes.
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
