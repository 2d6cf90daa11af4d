//! This module's async-std runtime: limited on import, stopped before Python finalizes.

use std::env;
use std::num::NonZeroUsize;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use async_global_executor::GlobalExecutorConfig;
use pyo3::prelude::*;

/// How many threads deliver results to Python and run `spawn_blocking`, at most.
///
/// async-std allows 500. That is too many for deliveries, which only queue for the GIL. If as
/// many blocking jobs do not return, every `await` hangs: limit such jobs with a semaphore.
// Not zero: the compiler evaluates it.
const BLOCKING_THREADS: NonZeroUsize = NonZeroUsize::new(32).unwrap();

/// How long the exit waits for Rust code that does not return.
///
/// Results that are queued are delivered before it ends. On a busy machine, hundreds of them took
/// more than five seconds.
const EXIT_TIMEOUT: Duration = Duration::from_secs(30);

/// The same in a fork, where the threads may be missing: a fork copies the runtime without them.
const FORK_TIMEOUT: Duration = Duration::from_secs(1);

/// The process that has imported the module.
static OWNER: AtomicU32 = AtomicU32::new(STOPPED);
const STOPPED: u32 = u32::MAX;

/// Limits the runtime, which starts at its first use, and stops it when Python exits.
///
/// To be called when the module is initialized, before anything uses the runtime. An `atexit`
/// function that was registered before can't await this module: it runs after the stop.
pub fn set_up(py: Python<'_>) -> PyResult<()> {
    blocking::set_max_blocking_threads(BLOCKING_THREADS);
    OWNER.store(process::id(), Ordering::Relaxed);

    let stop = wrap_pyfunction!(stop_at_exit, py)?;
    py.import("atexit")?.call_method1("register", (stop,))?;
    Ok(())
}

/// Lets each thread of the runtime finish its current job, then parks it forever.
///
/// Up to CPython 3.13, a thread that is inside Python while the interpreter finalizes crashes the
/// process. After this, no thread of the runtime is inside Python, and none can enter it.
#[pyfunction]
fn stop_at_exit(py: Python<'_>) {
    let timeout = match OWNER.swap(STOPPED, Ordering::Relaxed) {
        STOPPED => return,
        owner if owner == process::id() => EXIT_TIMEOUT,
        _ => FORK_TIMEOUT,
    };
    // The threads may need the GIL to finish.
    py.detach(|| {
        let (stopped, end) = mpsc::channel();
        // Only the wait is bounded: in a fork, a lock of the runtime may be held for good.
        thread::spawn(move || {
            if has_started() {
                park_all_threads();
            }
            let _ = stopped.send(());
        });
        let _ = end.recv_timeout(timeout);
    });
}

/// Whether the runtime has started. If it has not, asking starts one thread of it, with no work.
fn has_started() -> bool {
    let starts_now = Arc::new(AtomicBool::new(false));
    let starting = Arc::clone(&starts_now);
    // The names are asked for only if no configuration came before this one.
    let config = GlobalExecutorConfig::default()
        .with_min_threads(1)
        .with_thread_name_fn(move || {
            starting.store(true, Ordering::Relaxed);
            "async-std/runtime".to_owned()
        });
    async_global_executor::init_with_config(config);
    !starts_now.load(Ordering::Relaxed)
}

fn park_all_threads() {
    let (parked, threads) = mpsc::channel();
    for _ in 0..executor_threads() {
        let parked = parked.clone();
        async_std::task::spawn(async move { park_forever(parked) });
        // One after the other: a thread may queue several tasks for itself, and runs only one.
        if threads.recv().is_err() {
            return;
        }
    }
    // One job for each thread that may exist, started or not.
    for _ in 0..BLOCKING_THREADS.get() {
        let parked = parked.clone();
        blocking::unblock(|| park_forever(parked)).detach();
    }
    drop(parked);
    threads.iter().take(BLOCKING_THREADS.get()).for_each(drop);
}

/// As many as async-std starts.
fn executor_threads() -> usize {
    env::var("ASYNC_STD_THREAD_COUNT")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
        .max(1)
}

fn park_forever(parked: mpsc::Sender<()>) {
    // The receiver is gone if the exit has timed out.
    let _ = parked.send(());
    loop {
        thread::park();
    }
}
