//! This module's tokio runtime: configured on import, stopped before Python finalizes.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3_asyncio::tokio::{get_runtime, init};
use tokio::runtime::Builder;

/// How many threads run `spawn_blocking`, at most. tokio allows 512.
///
/// The exit needs a limit, and starts what is missing. Results are delivered by the workers.
const BLOCKING_THREADS: usize = 32;

/// How long the exit waits for Rust code that does not return.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);

/// The process that started the runtime. A fork copies the runtime, but not its threads.
static OWNER: AtomicU32 = AtomicU32::new(NOT_STARTED);
const NOT_STARTED: u32 = 0;
const STOPPED: u32 = u32::MAX;

/// Configures the runtime, which starts at its first use, and stops it when Python exits.
///
/// To be called when the module is initialized, before anything uses the runtime. An `atexit`
/// function that was registered before can't await this module: it runs after the stop.
pub fn set_up(py: Python<'_>) -> PyResult<()> {
    let mut builder = Builder::new_multi_thread();
    builder
        .enable_all()
        // The exit's own tasks come before those that are queued: each may deliver a result.
        .global_queue_interval(1)
        .max_blocking_threads(BLOCKING_THREADS)
        // `on_thread_start` would be too late: an exit can come before the first thread runs.
        .thread_name_fn(|| {
            replace_owner(NOT_STARTED, process::id());
            "tokio-rt-worker".to_owned()
        });
    init(builder);

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
    if !replace_owner(process::id(), STOPPED) {
        return;
    }
    // The threads may need the GIL to finish.
    py.allow_threads(|| {
        let runtime = get_runtime();
        let workers = runtime.metrics().num_workers();
        let (parked, threads) = mpsc::channel();
        for _ in 0..workers {
            let parked = parked.clone();
            runtime.spawn(async move { park_forever(parked) });
        }
        // One job for each thread that may exist, started or not.
        for _ in 0..BLOCKING_THREADS {
            let parked = parked.clone();
            runtime.spawn_blocking(move || park_forever(parked));
        }
        let deadline = Instant::now() + EXIT_TIMEOUT;
        for _ in 0..workers + BLOCKING_THREADS {
            let left = deadline.saturating_duration_since(Instant::now());
            if threads.recv_timeout(left).is_err() {
                return;
            }
        }
    });
}

fn replace_owner(expected: u32, new: u32) -> bool {
    OWNER
        .compare_exchange(expected, new, Ordering::Relaxed, Ordering::Relaxed)
        .is_ok()
}

fn park_forever(parked: mpsc::Sender<()>) {
    // The receiver is gone if the exit has timed out.
    let _ = parked.send(());
    loop {
        thread::park();
    }
}
