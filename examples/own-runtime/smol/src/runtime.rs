//! smol as a runtime of the bridge: started by its first task, stopped before Python finalizes.

use std::any::Any;
use std::cell::RefCell;
use std::env;
use std::future::Future;
use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{OnceLock, mpsc};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3_async_runtimes::{TaskLocals, generic};
use smol::Task;
use smol::future::{FutureExt, poll_fn};

// ANCHOR: runtime
/// smol, for the functions of `pyo3_async_runtimes::generic`.
pub struct Smol;

impl generic::Runtime for Smol {
    type JoinError = Panic;
    type JoinHandle = Handle;

    fn spawn<F>(future: F) -> Handle
    where
        F: Future<Output = ()> + Send + 'static,
    {
        remember_start();
        Handle(Some(smol::spawn(AssertUnwindSafe(future).catch_unwind())))
    }

    fn spawn_blocking<F>(work: F) -> Handle
    where
        F: FnOnce() + Send + 'static,
    {
        remember_start();
        let work = AssertUnwindSafe(work);
        Handle(Some(smol::unblock(|| panic::catch_unwind(work))))
    }
}

/// The result of a task, which runs to its end whether or not anything awaits its handle.
pub struct Handle(Option<Task<thread::Result<()>>>);

impl Future for Handle {
    type Output = Result<(), Panic>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let task = self.0.as_mut().expect("only the drop takes the task");
        task.poll(context).map_err(Panic)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            // Dropping a task of smol cancels it.
            task.detach();
        }
    }
}

/// What a task panicked with. Nothing else can end a task of smol early.
pub struct Panic(Box<dyn Any + Send>);

impl generic::JoinError for Panic {
    fn is_panic(&self) -> bool {
        true
    }

    fn into_panic(self) -> Box<dyn Any + Send> {
        self.0
    }
}
// ANCHOR_END: runtime

// ANCHOR: context
thread_local! {
    /// The event loop and the context of the future that this thread polls.
    static LOCALS: RefCell<Option<TaskLocals>> = const { RefCell::new(None) };
}

impl generic::ContextExt for Smol {
    fn scope<F, R>(locals: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        let mut future = Box::pin(future);
        Box::pin(poll_fn(move |context| {
            let _restore = Restore(LOCALS.replace(Some(locals.clone())));
            future.poll(context)
        }))
    }

    fn get_task_locals() -> Option<TaskLocals> {
        LOCALS.with_borrow(Clone::clone)
    }
}

/// Ends a poll, also one that panics: the thread has the locals again that it had before.
struct Restore(Option<TaskLocals>);

impl Drop for Restore {
    fn drop(&mut self) {
        LOCALS.set(self.0.take());
    }
}
// ANCHOR_END: context

// ANCHOR: exit
/// How many threads deliver results to Python and run `smol::unblock`, at most.
///
/// smol allows 500. That is too many for deliveries, which only queue for the GIL. If as many
/// blocking jobs do not return, every `await` hangs: limit such jobs with a semaphore.
// Not zero: the compiler evaluates it.
const BLOCKING_THREADS: NonZeroUsize = NonZeroUsize::new(32).unwrap();

/// How long the exit waits for Rust code that does not return.
const EXIT_TIMEOUT: Duration = Duration::from_secs(30);

/// The process that started smol. A fork copies smol's memory, but not its threads.
static OWNER: AtomicU32 = AtomicU32::new(NOT_STARTED);
const NOT_STARTED: u32 = 0;
const STOPPED: u32 = u32::MAX;

fn remember_start() {
    if OWNER.load(Ordering::Relaxed) == NOT_STARTED {
        executor_threads();
        replace_owner(NOT_STARTED, process::id());
    }
}

fn replace_owner(expected: u32, new: u32) -> bool {
    OWNER
        .compare_exchange(expected, new, Ordering::Relaxed, Ordering::Relaxed)
        .is_ok()
}

/// Limits smol's blocking threads, and stops smol when Python exits.
///
/// To be called when the module is initialized, before anything uses smol.
pub fn set_up(py: Python<'_>) -> PyResult<()> {
    blocking::set_max_blocking_threads(BLOCKING_THREADS);
    py.import("atexit")?
        .call_method1("register", (StopAtExit,))?;
    Ok(())
}

/// Stops smol when `atexit` drops it, which is after all `atexit` functions have run.
///
/// So each of these can still await this module.
#[pyclass(frozen)]
struct StopAtExit;

#[pymethods]
impl StopAtExit {
    fn __call__(&self) {}
}

impl Drop for StopAtExit {
    fn drop(&mut self) {
        Python::attach(stop);
    }
}

/// Lets each thread of smol finish its current job, then parks it forever.
///
/// Up to CPython 3.13, a thread that is inside Python while the interpreter finalizes crashes the
/// process. After this, no thread of smol is inside Python, and none can enter it.
fn stop(py: Python<'_>) {
    if !replace_owner(process::id(), STOPPED) {
        return;
    }
    // The threads may need the GIL to finish.
    py.detach(|| {
        let deadline = Instant::now() + EXIT_TIMEOUT;
        let (parked, threads) = mpsc::channel();
        let next_parks = || {
            let left = deadline.saturating_duration_since(Instant::now());
            threads.recv_timeout(left).is_ok()
        };
        // One after the other: a thread may queue several tasks for itself, and runs only one.
        for _ in 0..executor_threads() {
            let parked = parked.clone();
            smol::spawn(async move { park_forever(parked) }).detach();
            if !next_parks() {
                return;
            }
        }
        // One job for each thread that may exist, started or not.
        for _ in 0..BLOCKING_THREADS.get() {
            let parked = parked.clone();
            smol::unblock(|| park_forever(parked)).detach();
        }
        (0..BLOCKING_THREADS.get()).all(|_| next_parks());
    });
}

/// As many as `smol::spawn` starts, which reads the variable once, at its first call.
fn executor_threads() -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| {
        env::var("SMOL_THREADS")
            .ok()
            .and_then(|count| count.parse().ok())
            .unwrap_or(1)
    })
}

fn park_forever(parked: mpsc::Sender<()>) {
    // The receiver is gone if the exit has timed out.
    let _ = parked.send(());
    loop {
        thread::park();
    }
}
// ANCHOR_END: exit
