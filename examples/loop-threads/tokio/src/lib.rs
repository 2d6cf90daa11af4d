//! Prices that take a moment to come, and one that compares the shops of several event loops.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use std::time::Duration;

    use pyo3::exceptions::PyKeyError;
    use pyo3::prelude::*;
    use pyo3_async_runtimes::tokio::{
        future_into_py, future_into_py_with_locals, get_current_locals,
    };
    use pyo3_async_runtimes::{TaskLocals, into_future_with_locals};

    /// How long the shop takes to answer.
    const ANSWER_TIME: Duration = Duration::from_millis(10);

    /// Asks for the price of an item: KeyError if the shop doesn't have it.
    #[pyfunction]
    fn price(py: Python<'_>, item: String) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move {
            tokio::time::sleep(ANSWER_TIME).await;
            match item.as_str() {
                "tea" => Ok(3),
                "milk" => Ok(2),
                _ => Err(PyKeyError::new_err(item)),
            }
        })
    }

    // ANCHOR: cheapest
    /// Asks all shops at the same time, each on its own event loop, and returns the lowest price.
    ///
    /// A shop is a running event loop and a coroutine function. The error that is raised is that of
    /// the first in the list that failed, once those before it have answered. The other shops keep
    /// running, also after a cancellation.
    #[pyfunction]
    fn cheapest<'py>(
        py: Python<'py>,
        shops: Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
        item: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        // The event loop of the caller. It is needed first: without it, no shop is asked.
        let caller = get_current_locals(py)?;
        let mut asked = Vec::new();
        for (event_loop, price_of) in shops {
            let shop = TaskLocals::new(event_loop);
            asked.push(into_future_with_locals(&shop, price_of.call1((item,))?)?);
        }
        future_into_py_with_locals(py, caller, async move {
            let mut lowest: Option<u32> = None;
            for price in asked {
                let price = price.await?;
                let price = Python::attach(|py| price.extract(py))?;
                lowest = Some(lowest.map_or(price, |lowest| lowest.min(price)));
            }
            Ok(lowest)
        })
    }
    // ANCHOR_END: cheapest

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
