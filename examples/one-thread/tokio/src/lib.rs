//! A thread of its own for futures that are not `Send`, which Python awaits.

mod runtime;

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio as bridge;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{LocalSet, spawn_local};

// ANCHOR: cook
/// What is on the stove. An `Rc` must stay on its thread, and so must a future that holds one.
type Stove = Rc<RefCell<Vec<String>>>;

struct Pot {
    stove: Stove,
    dish: String,
}

impl Drop for Pot {
    fn drop(&mut self) {
        self.stove.borrow_mut().retain(|dish| *dish != self.dish);
    }
}

async fn cook(stove: Stove, dish: String, time: Duration) -> PyResult<String> {
    let is_there = stove.borrow().contains(&dish);
    assert!(!is_there, "{dish} is on the stove already");
    stove.borrow_mut().push(dish.clone());
    let pot = Pot { stove, dish };
    tokio::time::sleep(time).await;
    let thread = thread::current();
    Ok(format!("{}, by {}", pot.dish, thread.name().unwrap_or("?")))
}
// ANCHOR_END: cook

fn duration(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|error| PyValueError::new_err(error.to_string()))
}

// ANCHOR: local
#[pyfunction]
#[expect(deprecated, reason = "since 0.18 of the bridge")]
fn cook_local(py: Python<'_>, dish: String, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
    bridge::local_future_into_py(py, cook(Stove::default(), dish, duration(seconds)?))
}
// ANCHOR_END: local

// ANCHOR: in_set
#[pyfunction]
#[expect(deprecated, reason = "since 0.18 of the bridge")]
fn cook_in_set(py: Python<'_>, dish: String, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
    let set = LocalSet::new();
    let _entered = set.enter();
    bridge::local_future_into_py(py, cook(Stove::default(), dish, duration(seconds)?))
}
// ANCHOR_END: in_set

// ANCHOR: open
/// What goes to the thread is `Send`; the future that it makes there need not be.
type Request = Box<dyn FnOnce(Stove) + Send>;

/// Starts the thread. It ends when no sender is left.
fn open() -> io::Result<mpsc::UnboundedSender<Request>> {
    let (requests, mut incoming) = mpsc::unbounded_channel::<Request>();
    let runtime = Builder::new_current_thread().enable_time().build()?;
    thread::Builder::new()
        .name("the cook".to_owned())
        .spawn(move || {
            let stove = Stove::default();
            LocalSet::new().block_on(&runtime, async move {
                while let Some(request) = incoming.recv().await {
                    request(Rc::clone(&stove));
                }
            });
        })?;
    Ok(requests)
}
// ANCHOR_END: open

// ANCHOR: kitchen
/// A stove with a thread of its own, on which all that is cooked stays.
#[pyclass(frozen, module = "kitchen")]
struct Kitchen {
    requests: mpsc::UnboundedSender<Request>,
}

impl Kitchen {
    /// Sends the request at once. What this returns is `Send`, and waits for the reply.
    fn ask<T, F, W>(&self, work: W) -> impl Future<Output = PyResult<T>> + Send + use<T, F, W>
    where
        W: FnOnce(Stove) -> F + Send + 'static,
        T: Send + 'static,
        F: Future<Output = PyResult<T>> + 'static,
    {
        let (mut reply, answer) = oneshot::channel();
        let requests = self.requests.clone();
        let request: Request = Box::new(move |stove| {
            // A task of its own: a panic ends this request, and not the thread.
            let mut working = spawn_local(work(stove));
            spawn_local(async move {
                tokio::select! {
                    result = &mut working => { reply.send(result).ok(); }
                    // Nobody waits any more: this drops what `work` made.
                    () = reply.closed() => working.abort(),
                }
            });
        });
        let sent = requests.send(request);
        async move {
            let _keeps_the_thread = requests;
            let has_ended = |_| PyRuntimeError::new_err("the thread has ended");
            sent.or(Err(())).map_err(has_ended)?;
            let result = answer.await.or(Err(())).map_err(has_ended)?;
            result.map_err(|error| RustPanic::new_err(error.to_string()))?
        }
    }
}
// ANCHOR_END: kitchen

#[pymethods]
impl Kitchen {
    #[new]
    fn new() -> PyResult<Self> {
        Ok(Self { requests: open()? })
    }

    // ANCHOR: methods
    /// Cooks `dish`, which must not be on the stove, for so many seconds. A cancel takes it off.
    fn cook<'py>(
        &self,
        py: Python<'py>,
        dish: String,
        seconds: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let time = duration(seconds)?;
        let served = self.ask(move |stove| cook(stove, dish, time));
        bridge::future_into_py(py, served)
    }

    /// What is on the stove, in the order in which it came there.
    fn stove<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let seen = self.ask(|stove| async move { Ok(stove.borrow().clone()) });
        bridge::future_into_py(py, seen)
    }
    // ANCHOR_END: methods
}

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::{Kitchen, RustPanic, cook_in_set, cook_local};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
