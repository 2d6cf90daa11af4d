//! Computations that end when Python cancels them: on the thread that polls, and on a blocking thread.

mod runtime;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use pyo3_async_runtimes::{err::RustPanic, tokio::future_into_py};
use tokio::sync::Semaphore;
use tokio::task::{spawn_blocking, yield_now};
use tokio_util::sync::CancellationToken;

/// How far a computation is.
#[pyclass(frozen, from_py_object)]
#[derive(Clone, Default)]
struct Progress(Arc<AtomicU64>);

impl Progress {
    /// One slice of a computation: whether the next number is a prime.
    fn next_is_prime(&self) -> bool {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 2;
        (2..number)
            .take_while(|it| it * it <= number)
            .all(|it| !number.is_multiple_of(it))
    }
}

#[pymethods]
impl Progress {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// How many numbers have been looked at.
    #[getter]
    fn numbers(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether a computation still holds it.
    #[getter]
    fn running(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}

// ANCHOR: compute
/// How many of the first `n` numbers are primes, counted on the thread that polls.
#[pyfunction]
fn primes(py: Python<'_>, progress: Progress, n: u64, yields: bool) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        let mut primes = 0;
        for _ in 0..n {
            primes += u64::from(progress.next_is_prime());
            if yields {
                yield_now().await;
            }
        }
        Ok(primes)
    })
}
// ANCHOR_END: compute

// ANCHOR: compute_in_thread
/// The blocking threads also deliver results to Python: leave some for that.
static JOBS: Semaphore = Semaphore::const_new(8);

/// The same on a blocking thread, which looks whether anyone still waits.
#[pyfunction]
fn primes_in_thread(py: Python<'_>, progress: Progress, n: u64) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        let job = JOBS.acquire().await.expect("no code closes it");
        let cancelled = CancellationToken::new();
        let _cancel = cancelled.clone().drop_guard();
        let primes = spawn_blocking(move || {
            let _job = job;
            let wanted = |_: &u64| !cancelled.is_cancelled();
            let numbers = (0..n).take_while(wanted);
            numbers.filter(|_| progress.next_is_prime()).count()
        });
        primes
            .await
            .map_err(|error| RustPanic::new_err(error.to_string()))
    })
}
// ANCHOR_END: compute_in_thread

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::{Progress, primes, primes_in_thread};
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
