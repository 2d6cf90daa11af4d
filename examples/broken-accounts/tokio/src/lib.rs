//! Accounts that fail: one is borrowed across an await, one trusts after an await a check made before it.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::sync::{Arc, LazyLock};

    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;
    use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
    use tokio::sync::Semaphore;

    // ANCHOR: bank
    static GRANTS: Semaphore = Semaphore::const_new(0);
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
    // ANCHOR_END: bank

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

    // ANCHOR: wallet
    #[pyclass(frozen)]
    struct Wallet(AtomicI64);

    #[pymethods]
    impl Wallet {
        async fn withdraw(&self, amount: i64) -> PyResult<i64> {
            if self.0.load(Ordering::SeqCst) < amount {
                return Err(PyValueError::new_err("not enough money"));
            }
            granted().await;
            Ok(self.0.fetch_sub(amount, Ordering::SeqCst) - amount)
        }
        // ANCHOR_END: wallet

        #[new]
        fn new(money: i64) -> Self {
            Self(AtomicI64::new(money))
        }
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
