//! Calls the test of the block, with a stand-in for the crate that it tests. Outside of a test program the
//! compiler drops what `#[test]` marks; another attribute of that name keeps it.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

use pyo3::pyfunction as test;

mod pyo3_asyncio_testing_tokio {
    use super::*;

    pub async fn retry_call(call: Py<PyAny>, times: u32, _: Duration) -> PyResult<Py<PyAny>> {
        let mut last = None;
        for _ in 0..times {
            let answer = Python::with_gil(|py| {
                let locals = pyo3_asyncio::tokio::get_current_locals(py)
                    .or_else(|_| pyo3_asyncio::async_std::get_current_locals(py))?;
                pyo3_asyncio::into_future_with_locals(&locals, call.as_ref(py).call0()?)
            })?
            .await;
            if answer.is_ok() {
                return answer;
            }
            last = Some(answer);
        }
        last.expect("there is an attempt")
    }
}

#[allow(unused_imports)]
use pyo3_asyncio_testing_tokio as pyo3_asyncio_testing_async_std;

fn main() -> PyResult<()> {
    the_third_attempt_succeeds()?;
    the_last_exception_comes_through()?;
    a_test_that_panics_keeps_its_message_and_stops_its_loop()
}
