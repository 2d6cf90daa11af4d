//! An account that async methods change, and that none of them borrows across an await.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

    use pyo3::exceptions::{PyOverflowError, PyValueError};
    use pyo3::prelude::*;
    use pyo3_async_runtimes::tokio::future_into_py;

    static GRANTS: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(0);
    static WAITING: LazyLock<Arc<()>> = LazyLock::new(Arc::default);

    /// Ends when the bank has granted one more change. It needs no reactor.
    async fn granted() {
        let _waiting = WAITING.clone();
        GRANTS.acquire().await.expect("it is never closed").forget();
    }

    /// Grants so many changes, waiting or future ones. Returns how many were waiting.
    #[pyfunction]
    fn grant(changes: usize) -> usize {
        GRANTS.add_permits(changes);
        Arc::strong_count(&WAITING) - 1
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

        fn add(&self, amount: i64) -> PyResult<i64> {
            let mut balance = self.balance();
            let changed = balance.checked_add(amount);
            *balance = changed.ok_or_else(|| PyOverflowError::new_err("too much money"))?;
            Ok(*balance)
        }
    }
    // ANCHOR_END: account

    #[pymethods]
    impl Account {
        #[new]
        fn new(balance: i64) -> Self {
            let (balance, turn) = (Mutex::new(balance), Default::default());
            Self(Arc::new(State { balance, turn }))
        }

        // ANCHOR: deposit
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

        // ANCHOR: withdraw
        fn withdraw(account: Py<Self>, py: Python<'_>, amount: i64) -> PyResult<Bound<'_, PyAny>> {
            future_into_py(py, async move {
                let state = &account.get().0;
                let _turn = state.turn.lock().await;
                if *state.balance() < amount {
                    return Err(PyValueError::new_err("not enough money"));
                }
                granted().await;
                state.add(-amount)
            })
        }
        // ANCHOR_END: withdraw
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
