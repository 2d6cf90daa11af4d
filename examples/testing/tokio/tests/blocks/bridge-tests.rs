//! Calls the test of the block, with a stand-in for the crate that it tests. Outside of a test program the
//! compiler drops what `#[test]` marks; another attribute of that name keeps it.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

use pyo3::pyfunction as test;

mod testing_tokio {
    use super::*;

    pub async fn retry_call(call: Py<PyAny>, times: u32, _: Duration) -> PyResult<Py<PyAny>> {
        let mut last = None;
        for _ in 0..times {
            let answer = Python::attach(|py| {
                let locals = pyo3_async_runtimes::tokio::get_current_locals(py)
                    .or_else(|_| pyo3_async_runtimes::async_std::get_current_locals(py))?;
                pyo3_async_runtimes::into_future_with_locals(&locals, call.bind(py).call0()?)
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
use testing_tokio as testing_async_std;

fn main() -> PyResult<()> {
    the_third_attempt_succeeds()?;
    the_last_exception_comes_through()?;
    a_test_that_panics_keeps_its_message_and_stops_its_loop()
}
