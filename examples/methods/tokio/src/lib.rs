//! Accounts whose async methods change them: one that is borrowed across an await, and one that is not.

mod runtime;

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
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
        future_into_py(py, async move {
            Python::attach(|py| {
                passbook.try_borrow_mut(py)?.balance += 1;
                Ok(None::<()>)
            })
        })
    }
    // ANCHOR_END: bonus
}

// ANCHOR: account
#[pyclass(frozen)]
struct Account(Arc<State>);

struct State {
    balance: Mutex<i64>,
    turn: tokio::sync::Mutex<()>,
}

impl State {
    /// The lock ends with the statement that takes it.
    fn balance(&self) -> MutexGuard<'_, i64> {
        self.balance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the balance, and returns the new one.
    fn add(&self, amount: i64) -> PyResult<i64> {
        let mut balance = self.balance();
        let changed = balance.checked_add(amount);
        *balance = changed.ok_or_else(|| PyOverflowError::new_err("too much money"))?;
        Ok(*balance)
    }
}
// ANCHOR_END: account

// ANCHOR: withdraw
impl State {
    async fn withdraw(&self, amount: i64) -> PyResult<i64> {
        if *self.balance() < amount {
            return Err(PyValueError::new_err("not enough money"));
        }
        granted().await;
        self.add(-amount)
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
        future_into_py(py, async move {
            granted().await;
            state.add(amount)
        })
    }

    async fn deposit_polled(&self, amount: i64) -> PyResult<i64> {
        granted().await;
        self.0.add(amount)
    }

    #[getter]
    fn balance(&self) -> i64 {
        *self.0.balance()
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
        future_into_py(py, work)
    }

    fn withdraw_in_turn<'py>(&self, py: Python<'py>, amount: i64) -> PyResult<Bound<'py, PyAny>> {
        let state = self.0.clone();
        let work = async move { state.withdraw_in_turn(amount).await };
        future_into_py(py, work)
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
    future_into_py(py, async move {
        let mut now = WAITING.subscribe();
        let all = now.wait_for(|waiting| *waiting == changes).await.is_ok();
        Ok(all)
    })
}
// ANCHOR_END: bank

#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::{Account, Passbook, grant, waiting};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        runtime::set_up(module.py())
    }
}
