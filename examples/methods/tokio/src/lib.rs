//! Accounts whose async methods change them: one that is borrowed across an await, and one that is not.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, RwLock};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};
use tokio::sync::{Semaphore, watch};

// ANCHOR: passbook
#[pyclass]
struct Passbook {
    balance: i64,
}

#[pymethods]
impl Passbook {
    async fn deposit(&mut self, amount: i64) -> i64 {
        granted().await;
        self.balance += amount;
        self.balance
    }

    #[getter]
    fn balance(&self) -> i64 {
        self.balance
    }
    // ANCHOR_END: passbook

    #[new]
    fn new(balance: i64) -> Self {
        Self { balance }
    }

    async fn statement(&self) -> String {
        granted().await;
        format!("balance: {}", self.balance)
    }

    // ANCHOR: blocking
    fn deposit_blocking(&mut self, py: Python<'_>, amount: i64) -> i64 {
        py.detach(|| get_runtime().block_on(granted()));
        self.balance += amount;
        self.balance
    }
    // ANCHOR_END: blocking

    // ANCHOR: bonus
    fn add_bonus(passbook: Py<Self>, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        generic::future_into_py::<Tokio, _, _>(py, async move {
            Python::attach(|py| passbook.borrow_mut(py).balance += 1);
            Ok(())
        })
    }
    // ANCHOR_END: bonus
}

// ANCHOR: account
#[pyclass(frozen, weakref)]
struct Account(Arc<State>);

struct State {
    balance: Mutex<i64>,
    turn: tokio::sync::Mutex<()>,
}

impl State {
    /// Changes the balance, and returns the new one. The lock ends with the call.
    fn add(&self, amount: i64) -> i64 {
        let mut balance = self.balance.lock().expect("no holder panics");
        *balance += amount;
        *balance
    }
}
// ANCHOR_END: account

// ANCHOR: withdraw
impl State {
    async fn withdraw(&self, amount: i64) -> PyResult<i64> {
        if self.add(0) < amount {
            return Err(PyValueError::new_err("not enough money"));
        }
        granted().await;
        Ok(self.add(-amount))
    }

    async fn withdraw_in_turn(&self, amount: i64) -> PyResult<i64> {
        let _turn = self.turn.lock().await;
        self.withdraw(amount).await
    }
}
// ANCHOR_END: withdraw

// ANCHOR: deposit
#[pymethods]
impl Account {
    fn deposit<'py>(&self, py: Python<'py>, amount: i64) -> PyResult<Bound<'py, PyAny>> {
        let state = self.0.clone();
        generic::future_into_py::<Tokio, _, _>(py, async move {
            granted().await;
            Ok(state.add(amount))
        })
    }

    async fn deposit_polled(&self, amount: i64) -> i64 {
        granted().await;
        self.0.add(amount)
    }

    #[getter]
    fn balance(&self) -> i64 {
        self.0.add(0)
    }
    // ANCHOR_END: deposit

    #[new]
    fn new(balance: i64) -> Self {
        Self(Arc::new(State {
            balance: Mutex::new(balance),
            turn: tokio::sync::Mutex::default(),
        }))
    }

    // ANCHOR: receiver
    fn withdraw(account: Py<Self>, py: Python<'_>, amount: i64) -> PyResult<Bound<'_, PyAny>> {
        let work = async move { account.get().0.withdraw(amount).await };
        generic::future_into_py::<Tokio, _, _>(py, work)
    }

    fn withdraw_in_turn<'py>(&self, py: Python<'py>, amount: i64) -> PyResult<Bound<'py, PyAny>> {
        let state = self.0.clone();
        let work = async move { state.withdraw_in_turn(amount).await };
        generic::future_into_py::<Tokio, _, _>(py, work)
    }
    // ANCHOR_END: receiver
}

// ANCHOR: bank
static GRANTS: Semaphore = Semaphore::const_new(0);
static WAITING: LazyLock<watch::Sender<u32>> = LazyLock::new(|| watch::Sender::new(0));

struct Waiting;

impl Waiting {
    fn begin() -> Self {
        WAITING.send_modify(|waiting| *waiting += 1);
        Self
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.send_modify(|waiting| *waiting -= 1);
    }
}

/// Ends when the bank has granted one more change. It needs no reactor.
async fn granted() {
    let _waiting = Waiting::begin();
    let permit = GRANTS.acquire().await.expect("nobody closes it");
    permit.forget();
}

/// Grants so many of the changes that wait, or will.
#[pyfunction]
fn grant(changes: usize) {
    GRANTS.add_permits(changes);
}

/// Ends when so many changes wait for their grant.
#[pyfunction]
fn waiting(py: Python<'_>, changes: u32) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move {
        let mut now = WAITING.subscribe();
        let all = now.wait_for(|waiting| *waiting == changes).await.is_ok();
        Ok(all)
    })
}
// ANCHOR_END: bank

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Passbook>()?;
    module.add_class::<Account>()?;
    module.add_function(wrap_pyfunction!(grant, module)?)?;
    module.add_function(wrap_pyfunction!(waiting, module)?)?;
    let at_exit = wrap_pyfunction!(stop_deliveries, module)?;
    let atexit = module.py().import("atexit")?;
    atexit.call_method1("register", (at_exit,))?;
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
