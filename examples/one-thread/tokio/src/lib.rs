//! A thread of its own for futures that are not `Send`, which Python awaits.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, RwLock};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic, tokio as bridge};
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

async fn cook(stove: Stove, dish: String, seconds: f64) -> PyResult<String> {
    stove.borrow_mut().push(dish.clone());
    let pot = Pot { stove, dish };
    assert!(seconds >= 0.0, "no time to cook {}", pot.dish);
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    let thread = thread::current();
    Ok(format!("{}, by {}", pot.dish, thread.name().unwrap_or("?")))
}
// ANCHOR_END: cook

// ANCHOR: local
#[pyfunction]
#[expect(deprecated, reason = "since 0.18 of the bridge")]
fn cook_local(py: Python<'_>, dish: String, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
    bridge::local_future_into_py(py, cook(Stove::default(), dish, seconds))
}
// ANCHOR_END: local

// ANCHOR: in_set
#[pyfunction]
#[expect(deprecated, reason = "since 0.18 of the bridge")]
fn cook_in_set(py: Python<'_>, dish: String, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
    let set = LocalSet::new();
    let _entered = set.enter();
    bridge::local_future_into_py(py, cook(Stove::default(), dish, seconds))
}
// ANCHOR_END: in_set

// ANCHOR: open
/// What goes to the thread is `Send`; the future that it makes there need not be.
type Request = Box<dyn FnOnce(Stove) + Send>;

/// Starts the thread. It ends when no sender is left.
fn open() -> io::Result<mpsc::UnboundedSender<Request>> {
    let (requests, mut incoming) = mpsc::unbounded_channel::<Request>();
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let open = Arc::clone(&OPEN);
    thread::Builder::new()
        .name("the cook".to_owned())
        .spawn(move || {
            let _open = open;
            let stove = Stove::default();
            LocalSet::new().block_on(&runtime, async move {
                while let Some(request) = incoming.recv().await {
                    request(Rc::clone(&stove));
                }
            });
        })?;
    Ok(requests)
}

/// Has a clone for each thread that has not ended.
static OPEN: LazyLock<Arc<()>> = LazyLock::new(Arc::default);
// ANCHOR_END: open

#[pyfunction]
fn open_kitchens() -> usize {
    Arc::strong_count(&OPEN) - 1
}

// ANCHOR: kitchen
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
            spawn_local(async move {
                tokio::select! {
                    result = work(stove) => { reply.send(result).ok(); }
                    // Nobody waits any more: this drops what `work` made.
                    () = reply.closed() => {}
                }
            });
        });
        let sent = requests.send(request);
        async move {
            let _keeps_the_thread = requests;
            let no_answer = "the request panicked, see standard error";
            sent.map_err(|_| PyRuntimeError::new_err("the thread has ended"))?;
            answer
                .await
                .map_err(|_| PyRuntimeError::new_err(no_answer))?
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
    fn cook<'py>(
        &self,
        py: Python<'py>,
        dish: String,
        seconds: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let served = self.ask(move |stove| cook(stove, dish, seconds));
        generic::future_into_py::<Tokio, _, _>(py, served)
    }

    fn stove<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let seen = self.ask(|stove| async move { Ok(stove.borrow().clone()) });
        generic::future_into_py::<Tokio, _, _>(py, seen)
    }
    // ANCHOR_END: methods
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Kitchen>()?;
    module.add_function(wrap_pyfunction!(cook_local, module)?)?;
    module.add_function(wrap_pyfunction!(cook_in_set, module)?)?;
    module.add_function(wrap_pyfunction!(open_kitchens, module)?)?;
    let at_exit = wrap_pyfunction!(stop_deliveries, module)?;
    module
        .py()
        .import("atexit")?
        .call_method1("register", (at_exit,))?;
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
