//! A thread of its own for futures that are not `Send`, which Python awaits.

mod runtime;

use std::{cell::RefCell, rc::Rc, thread, time::Duration};

use pyo3::{exceptions::PyValueError, prelude::*};
use pyo3_async_runtimes::{err::RustPanic, tokio::future_into_py};
use tokio::{runtime::Builder, sync::mpsc, sync::oneshot, task::LocalSet, task::spawn_local};
use tokio_util::task::AbortOnDropHandle;

// ANCHOR: cook
/// What is on the stove. An `Rc` must stay on its thread, and so must a future that holds one.
type Stove = Rc<RefCell<Vec<String>>>;

async fn cook(stove: Stove, dish: String, time: Duration) -> PyResult<String> {
    assert!(!stove.borrow().contains(&dish), "{dish} is on the stove");
    stove.borrow_mut().push(dish.clone());
    scopeguard::defer!(stove.borrow_mut().retain(|other| *other != dish));
    tokio::time::sleep(time).await;
    let thread = thread::current();
    Ok(format!("{dish}, by {}", thread.name().unwrap_or("?")))
}
// ANCHOR_END: cook

// ANCHOR: kitchen
/// A request to the thread is `Send`; the future that it makes there need not be.
type Request = Box<dyn FnOnce(Stove) + Send>;

/// A stove on a thread of its own, which runs every `cook` future.
#[pyclass(frozen, module = "kitchen")]
struct Kitchen(mpsc::UnboundedSender<Request>);

#[pymethods]
impl Kitchen {
    #[new]
    fn new() -> PyResult<Self> {
        let (requests, mut incoming) = mpsc::unbounded_channel::<Request>();
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let run = move || {
            let tasks = LocalSet::new();
            tasks.spawn_local(async move {
                let stove = Stove::default();
                while let Some(request) = incoming.recv().await {
                    request(Rc::clone(&stove));
                }
            });
            runtime.block_on(tasks);
        };
        thread::Builder::new().name("the cook".into()).spawn(run)?;
        Ok(Self(requests))
    }

    /// Cooks `dish`, which must not be on the stove, for `time` seconds. A cancel takes it off.
    fn cook<'py>(&self, py: Python<'py>, dish: String, time: f64) -> PyResult<Bound<'py, PyAny>> {
        let time = Duration::try_from_secs_f64(time)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        self.ask(py, async move |stove| cook(stove, dish, time).await)
    }

    /// What is on the stove, in the order in which it came there.
    fn stove<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.ask(py, async |stove| Ok(stove.borrow().clone()))
    }
}
// ANCHOR_END: kitchen

// ANCHOR: ask
impl Kitchen {
    /// Sends the request at once. The reply is its task, which is aborted when the await is cancelled.
    fn ask<'py, T: for<'a> IntoPyObject<'a> + Send + 'static>(
        &self,
        py: Python<'py>,
        work: impl AsyncFnOnce(Stove) -> PyResult<T> + Send + 'static,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (reply, answer) = oneshot::channel();
        let _ = self.0.send(Box::new(|stove| {
            let task = spawn_local(async { work(stove).await });
            reply.send(AbortOnDropHandle::new(task)).ok();
        }));
        future_into_py(py, async {
            let task = answer.await.expect("the thread takes every request");
            task.await
                .map_err(|error| RustPanic::new_err(error.to_string()))?
        })
    }
}
// ANCHOR_END: ask

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{Kitchen, RustPanic};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
