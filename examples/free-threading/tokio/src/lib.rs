//! A box office that sells the seats of shows, with classes that need a GIL and classes that do not.

mod runtime;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyOverflowError;
use pyo3::sync::{MutexExt, critical_section::with_critical_section};
use pyo3::{prelude::*, types::PyDict};
use pyo3_async_runtimes::tokio::future_into_py;

// ANCHOR: show
/// The seats of a show, which any number of threads can sell at once.
#[pyclass(frozen, module = "box_office")]
struct Show {
    left: Mutex<u32>,
    sold_out: Condvar,
}

impl Show {
    fn left(&self) -> MutexGuard<'_, u32> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Show {
    #[new]
    fn new(seats: u32) -> Self {
        let (left, sold_out) = (Mutex::new(seats), Condvar::new());
        Self { left, sold_out }
    }

    /// Sells one seat, unless none is left.
    fn sell(&self) -> bool {
        let mut left = self.left();
        let Some(rest) = left.checked_sub(1) else {
            return false;
        };
        *left = rest;
        if rest == 0 {
            self.sold_out.notify_all();
        }
        true
    }

    /// Sells one seat on tokio: the asyncio future ends with what `sell` returns.
    fn sell_online(this: Py<Self>, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move { Ok(this.get().sell()) })
    }
    // ANCHOR_END: show

    // ANCHOR: wait
    /// Blocks this thread until no seat is left. All other threads keep running.
    ///
    /// On the main thread, Ctrl-C ends the wait.
    fn wait_sold_out(&self, py: Python<'_>) -> PyResult<()> {
        while !py.detach(|| self.wait()) {
            py.check_signals()?;
        }
        Ok(())
    }

    /// Deadlocks with a GIL, and without one as soon as the collector runs.
    fn wait_attached(&self) {
        while !self.wait() {}
    }
}

impl Show {
    /// Waits for at most 100 ms, and says whether no seat is left.
    fn wait(&self) -> bool {
        let limit = Duration::from_millis(100);
        let (left, _) = self
            .sold_out
            .wait_timeout_while(self.left(), limit, |left| *left > 0)
            .unwrap_or_else(PoisonError::into_inner);
        *left == 0
    }
}
// ANCHOR_END: wait

// ANCHOR: tally
/// The seats of a show without a lock, which `sell` needs if two threads run at once.
#[pyclass(frozen, module = "box_office")]
struct Tally {
    left: AtomicU32,
}

#[pymethods]
impl Tally {
    #[new]
    fn new(seats: u32) -> Self {
        let left = AtomicU32::new(seats);
        Self { left }
    }

    /// Sells a seat in two steps, and so loses updates: another thread can sell it in between.
    fn sell(&self) -> bool {
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(1), Ordering::Relaxed);
        left > 0
    }

    /// Sells a seat in one atomic step.
    fn sell_atomically(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        let order = Ordering::Relaxed;
        self.left.fetch_update(order, order, one_less).is_ok()
    }
    // ANCHOR_END: tally

    /// Calls `sell` for each of `seats` seats on tokio, and ends with the number that it sold.
    fn sell_online(this: Py<Self>, py: Python<'_>, seats: u32) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move {
            let sold = (0..seats).filter(|_| this.get().sell());
            Ok(sold.count())
        })
    }

    /// The same with `sell_atomically`.
    fn sell_online_atomically(
        this: Py<Self>,
        py: Python<'_>,
        seats: u32,
    ) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move {
            let sold = (0..seats).filter(|_| this.get().sell_atomically());
            Ok(sold.count())
        })
    }
}

/// The takings, in cents. If two threads are in `take` at once, one of them gets an error.
#[pyclass(module = "box_office")]
struct Till {
    #[pyo3(get)]
    takings: u64,
}

#[pymethods]
impl Till {
    #[new]
    fn new() -> Self {
        Self { takings: 0 }
    }

    /// Adds `cents` to the takings, and borrows the till meanwhile.
    fn take(&mut self, cents: u64) {
        self.takings += cents;
    }
}

// ANCHOR: dict
/// Held by `count` from the read to the write.
static COUNTING: Mutex<()> = Mutex::new(());

/// Adds a sale to a dict that several threads use.
///
/// The numbers must be plain ints: an `__index__` that calls `count` deadlocks.
#[pyfunction]
fn count(sales: &Bound<'_, PyDict>, show: &str) -> PyResult<()> {
    let turn = COUNTING.lock_py_attached(sales.py());
    let _turn = turn.unwrap_or_else(PoisonError::into_inner);
    count_unlocked(sales, show)
}

/// Another thread can change the dict between the two steps.
#[pyfunction]
fn count_unlocked(sales: &Bound<'_, PyDict>, show: &str) -> PyResult<()> {
    let sold = sales
        .get_item(show)?
        .map_or(Ok(0), |sold| sold.extract::<u64>())?;
    let sold = sold
        .checked_add(1)
        .ok_or_else(|| PyOverflowError::new_err("too many sales"))?;
    sales.set_item(show, sold)
}

/// Each of the two steps locks the dict itself, which can unlock it in between.
#[pyfunction]
fn count_in_section(sales: &Bound<'_, PyDict>, show: &str) -> PyResult<()> {
    with_critical_section(sales, || count_unlocked(sales, show))
}
// ANCHOR_END: dict

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{Show, Tally, Till, count, count_in_section, count_unlocked};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
