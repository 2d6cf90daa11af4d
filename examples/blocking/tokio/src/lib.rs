//! Work that keeps its thread behind a function that Python awaits: on the loop, on tokio, and beside both.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{io, thread};

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList};
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};
use rayon::prelude::*;
use tokio::sync::oneshot;

// ANCHOR: work
static TURNS: AtomicUsize = AtomicUsize::new(0);
static BEATS: AtomicUsize = AtomicUsize::new(0);

/// Keeps its thread for that long, as a computation does, or until it has seen enough.
/// Returns how many turns the loop made meanwhile, and how many beats tokio.
fn work(seconds: f64, enough: Option<(usize, usize)>) -> (usize, usize) {
    let start = Instant::now();
    let turns = TURNS.load(Ordering::SeqCst);
    let beats = BEATS.load(Ordering::SeqCst);
    loop {
        thread::sleep(Duration::from_millis(1));
        let turns = TURNS.load(Ordering::SeqCst) - turns;
        let beats = BEATS.load(Ordering::SeqCst) - beats;
        let is_enough = enough.is_some_and(|enough| turns >= enough.0 && beats >= enough.1);
        if is_enough || start.elapsed().as_secs_f64() >= seconds {
            return (turns, beats);
        }
    }
}

/// Python calls this in each turn of its loop.
#[pyfunction]
fn turn() {
    TURNS.fetch_add(1, Ordering::SeqCst);
}

async fn beat() {
    loop {
        tokio::time::sleep(Duration::from_millis(10)).await;
        BEATS.fetch_add(1, Ordering::SeqCst);
    }
}
// ANCHOR_END: work

#[pyfunction]
fn start_beating() {
    get_runtime().spawn(beat());
}

// ANCHOR: on_loop
type Enough = Option<(usize, usize)>;

#[pyfunction]
#[pyo3(signature = (seconds, enough=None))]
fn on_loop(py: Python<'_>, seconds: f64, enough: Enough) -> PyResult<Bound<'_, PyAny>> {
    let counted = work(seconds, enough);
    generic::future_into_py::<Tokio, _, _>(py, async move { Ok(counted) })
}

#[pyfunction]
#[pyo3(signature = (seconds, enough=None))]
fn in_future(py: Python<'_>, seconds: f64, enough: Enough) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move { Ok(work(seconds, enough)) })
}
// ANCHOR_END: on_loop

#[pyfunction]
#[pyo3(signature = (seconds, enough=None))]
fn on_loop_detached(py: Python<'_>, seconds: f64, enough: Enough) -> PyResult<Bound<'_, PyAny>> {
    let counted = py.detach(|| work(seconds, enough));
    generic::future_into_py::<Tokio, _, _>(py, async move { Ok(counted) })
}

// ANCHOR: on_blocking_thread
#[pyfunction]
#[pyo3(signature = (seconds, enough=None))]
fn on_blocking_thread(py: Python<'_>, seconds: f64, enough: Enough) -> PyResult<Bound<'_, PyAny>> {
    let working = async move {
        let work = get_runtime().spawn_blocking(move || work(seconds, enough));
        Ok(work.await.map_err(io::Error::from)?)
    };
    generic::future_into_py::<Tokio, _, _>(py, working)
}
// ANCHOR_END: on_blocking_thread

// ANCHOR: rayon
/// Awaits work on rayon's threads. A panic there goes on in the future that awaits it.
async fn rayon<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (answer, answered) = oneshot::channel();
    rayon::spawn(move || {
        // Nobody listens any more if the await was cancelled.
        let _ = answer.send(catch_unwind(AssertUnwindSafe(work)));
    });
    let result = answered.await.expect("the work answers, also if it panics");
    result.unwrap_or_else(|panic| resume_unwind(panic))
}
// ANCHOR_END: rayon

#[pyfunction]
#[pyo3(signature = (seconds, enough=None))]
fn on_rayon(py: Python<'_>, seconds: f64, enough: Enough) -> PyResult<Bound<'_, PyAny>> {
    let working = async move { Ok(rayon(move || work(seconds, enough)).await) };
    generic::future_into_py::<Tokio, _, _>(py, working)
}

/// Panics on a thread of rayon, with `rayon` round it or without.
#[pyfunction]
fn panic_on_rayon(py: Python<'_>, caught: bool) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move {
        if caught {
            rayon(|| panic!("no lines")).await
        } else {
            rayon::spawn(|| panic!("no lines"));
        }
        Ok(None::<()>)
    })
}

// ANCHOR: count
fn line_ends(text: &[u8]) -> usize {
    text.par_iter().filter(|byte| **byte == b'\n').count()
}

#[pyfunction]
fn count_copied(py: Python<'_>, text: Vec<u8>) -> PyResult<Bound<'_, PyAny>> {
    let counted = async move { Ok(rayon(move || (line_ends(&text), address(&text))).await) };
    generic::future_into_py::<Tokio, _, _>(py, counted)
}

#[pyfunction]
fn count(py: Python<'_>, text: PyBackedBytes) -> PyResult<Bound<'_, PyAny>> {
    let counted = async move { Ok(rayon(move || (line_ends(&text), address(&text))).await) };
    generic::future_into_py::<Tokio, _, _>(py, counted)
}
// ANCHOR_END: count

fn address(text: &[u8]) -> usize {
    text.as_ptr().addr()
}

#[pyfunction]
fn address_of(text: &Bound<'_, PyBytes>) -> usize {
    address(text.as_bytes())
}

// ANCHOR: whole
/// Becomes a list, and the number of turns that the loop made meanwhile.
struct Whole(Vec<usize>);

impl<'py> IntoPyObject<'py> for Whole {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        let before = TURNS.load(Ordering::SeqCst);
        let list = PyList::new(py, self.0)?;
        let turns = TURNS.load(Ordering::SeqCst) - before;
        Ok((list, turns).into_pyobject(py)?.into_any())
    }
}

#[pyfunction]
fn offsets_whole(py: Python<'_>, count: usize) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move { Ok(Whole((0..count).collect())) })
}
// ANCHOR_END: whole

// ANCHOR: pieces
fn in_pieces(numbers: &[usize]) -> PyResult<(Py<PyList>, usize)> {
    let before = TURNS.load(Ordering::SeqCst);
    let list = Python::attach(|py| PyList::empty(py).unbind());
    for piece in numbers.chunks(1000) {
        Python::attach(|py| {
            piece
                .iter()
                .try_for_each(|number| list.bind(py).append(number))
        })?;
    }
    Ok((list, TURNS.load(Ordering::SeqCst) - before))
}

#[pyfunction]
fn offsets_in_pieces(py: Python<'_>, count: usize) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move {
        let convert = move || in_pieces(&(0..count).collect::<Vec<_>>());
        let converted = get_runtime().spawn_blocking(convert).await;
        converted.map_err(io::Error::from)?
    })
}
// ANCHOR_END: pieces

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(address_of, module)?)?;
    module.add_function(wrap_pyfunction!(count, module)?)?;
    module.add_function(wrap_pyfunction!(count_copied, module)?)?;
    module.add_function(wrap_pyfunction!(in_future, module)?)?;
    module.add_function(wrap_pyfunction!(offsets_in_pieces, module)?)?;
    module.add_function(wrap_pyfunction!(offsets_whole, module)?)?;
    module.add_function(wrap_pyfunction!(on_blocking_thread, module)?)?;
    module.add_function(wrap_pyfunction!(on_loop, module)?)?;
    module.add_function(wrap_pyfunction!(on_loop_detached, module)?)?;
    module.add_function(wrap_pyfunction!(on_rayon, module)?)?;
    module.add_function(wrap_pyfunction!(panic_on_rayon, module)?)?;
    module.add_function(wrap_pyfunction!(start_beating, module)?)?;
    module.add_function(wrap_pyfunction!(turn, module)?)?;
    let py = module.py();
    let at_exit = wrap_pyfunction!(stop_deliveries, module)?;
    py.import("atexit")?.call_method1("register", (at_exit,))?;
    Ok(())
}

/// Whether results may go to Python. Each delivery holds the lock for reading.
static DELIVERING: RwLock<bool> = RwLock::new(true);

/// Waits for the deliveries under way and refuses all later ones.
#[pyfunction]
fn stop_deliveries(py: Python<'_>) {
    // Deliveries need the interpreter to finish: let go of it, or this waits for ever.
    py.detach(|| {
        *DELIVERING
            .write()
            .expect("no delivery writes, so none can poison it") = false
    });
}

/// The bridge's tokio runtime, with deliveries that end before the interpreter does.
struct Tokio;

impl generic::Runtime for Tokio {
    type JoinError = tokio::task::JoinError;
    type JoinHandle = tokio::task::JoinHandle<()>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        get_runtime().spawn(future)
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(deliver: F) -> Self::JoinHandle {
        get_runtime().spawn_blocking(|| {
            let delivering = DELIVERING
                .read()
                .expect("no delivery writes, so none can poison it");
            if *delivering {
                deliver();
            }
        })
    }
}

tokio::task_local! {
    static LOCALS: TaskLocals;
}

impl generic::ContextExt for Tokio {
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
