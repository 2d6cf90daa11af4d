//! What a guarded coroutine does that another does not, a test for each sentence.

use std::future::{Future, ready};
use std::pin::pin;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyModule;
use pyo3_async_runtimes::tokio::{get_current_locals, into_future, run};

#[allow(dead_code)]
#[path = "../src/guarded.rs"]
mod guarded;
use guarded::{Guarded, guarded};

/// Runs the future on the bridge's runtime beside an event loop of its own.
fn beside_a_loop<F>(future: F) -> PyResult<()>
where
    F: Future<Output = PyResult<()>> + Send + 'static,
{
    Python::initialize();
    Python::attach(|py| run(py, future))
}

const PYTHON: &std::ffi::CStr = c"
import asyncio, gc

class Work:
    def __init__(self):
        self.steps, self.log = [], []
        self.begun, self.go, self.left = (asyncio.Event() for _ in range(3))
        report = lambda loop, context: self.log.append(context['message'])
        asyncio.get_running_loop().set_exception_handler(report)

    async def work(self):
        self.task = asyncio.current_task()
        self.begun.set()
        try:
            await self.go.wait()
            self.steps.append('done')
            return 42
        except asyncio.CancelledError:
            self.steps.append('cancelled')
            raise
        finally:
            self.left.set()

    async def fail(self):
        await self.work()
        raise ValueError('no luck')

    async def lonely(self):
        await asyncio.get_running_loop().create_future()

    async def has_begun(self):
        await self.begun.wait()

    async def release(self):
        self.go.set()

    async def cancel(self):
        self.task.cancel()

    async def ended(self):
        self.go.set()
        await self.left.wait()
        return ', '.join(self.steps)

    async def logged(self):
        for _ in range(5):
            await asyncio.sleep(0)
        gc.collect()
        return ', '.join(self.log)

async def new():
    return Work()
";

/// A `Work`, whose events belong to the loop of this task.
async fn new_work() -> PyResult<Py<PyAny>> {
    let work = Python::attach(|py| {
        let python = PyModule::from_code(py, PYTHON, c"work.py", c"work")?;
        into_future(python.call_method0("new")?)
    })?;
    work.await
}

fn call(
    work: &Py<PyAny>,
    method: &str,
) -> PyResult<impl Future<Output = PyResult<Py<PyAny>>> + Send + use<>> {
    Python::attach(|py| into_future(work.bind(py).call_method0(method)?))
}

fn guarded_call(work: &Py<PyAny>, method: &str) -> PyResult<Guarded> {
    Python::attach(|py| guarded(work.bind(py).call_method0(method)?))
}

#[test]
fn a_select_that_is_lost_lets_an_unguarded_coroutine_go_on() -> PyResult<()> {
    beside_a_loop(async {
        let work = new_work().await?;
        let result = call(&work, "work")?;
        let begun = call(&work, "has_begun")?;
        tokio::select! {
            _ = result => panic!("nobody has released it"),
            begun = begun => begun.map(drop)?,
        }
        assert_eq!(call(&work, "ended")?.await?.to_string(), "done");
        Ok(())
    })
}

#[test]
fn the_exception_of_a_coroutine_that_rust_gave_up_is_lost() -> PyResult<()> {
    beside_a_loop(async {
        let work = new_work().await?;
        drop(call(&work, "fail")?);
        assert_eq!(call(&work, "ended")?.await?.to_string(), "done");
        assert_eq!(call(&work, "logged")?.await?.to_string(), "");
        Ok(())
    })
}

#[test]
fn a_guard_that_is_dropped_cancels_the_coroutine() -> PyResult<()> {
    beside_a_loop(async {
        let work = new_work().await?;
        let result = guarded_call(&work, "work")?;
        call(&work, "has_begun")?.await?;
        drop(result);
        assert_eq!(call(&work, "ended")?.await?.to_string(), "cancelled");
        assert_eq!(call(&work, "logged")?.await?.to_string(), "");
        Ok(())
    })
}

#[test]
fn a_timeout_cancels_a_guarded_coroutine() -> PyResult<()> {
    beside_a_loop(async {
        let work = new_work().await?;
        let result = guarded_call(&work, "work")?;
        call(&work, "has_begun")?.await?;
        let late = tokio::time::timeout(Duration::from_millis(10), result).await;
        assert!(late.is_err());
        assert_eq!(call(&work, "ended")?.await?.to_string(), "cancelled");
        Ok(())
    })
}

#[test]
fn a_guarded_coroutine_gives_its_result() -> PyResult<()> {
    beside_a_loop(async {
        let work = new_work().await?;
        let result = guarded_call(&work, "work")?;
        call(&work, "release")?.await?;
        assert_eq!(result.await?.to_string(), "42");
        assert_eq!(call(&work, "ended")?.await?.to_string(), "done");
        Ok(())
    })
}

#[test]
fn a_guarded_coroutine_gives_its_exception() -> PyResult<()> {
    beside_a_loop(async {
        let work = new_work().await?;
        let result = guarded_call(&work, "fail")?;
        call(&work, "release")?.await?;
        let error = result.await.expect_err("it raises");
        assert_eq!(error.to_string(), "ValueError: no luck");
        Ok(())
    })
}

#[pyfunction]
fn boom() {
    panic!("the answer is none")
}

/// A coroutine that calls a Rust function of this binary, which panics: at once, or in a later turn.
fn panicking<'py>(py: Python<'py>, turns: u32) -> PyResult<Bound<'py, PyAny>> {
    const PANICKING: &std::ffi::CStr = c"
import asyncio

async def panicking(boom, turns):
    for _ in range(turns):
        await asyncio.sleep(0.01)
    boom()
";
    let python = PyModule::from_code(py, PANICKING, c"panicking.py", c"panicking")?;
    let boom = wrap_pyfunction!(boom, py)?;
    python.getattr("panicking")?.call1((boom, turns))
}

#[test]
fn a_guarded_coroutine_that_ends_in_a_panic_of_this_binary_gives_the_panic_exception()
-> PyResult<()> {
    beside_a_loop(async {
        for turns in [0, 3] {
            let result = Python::attach(|py| guarded(panicking(py, turns)?))?;
            let result = tokio::time::timeout(Duration::from_secs(60), result).await;
            let error = result
                .expect("it gives something")
                .expect_err("it has panicked");
            assert_eq!(error.to_string(), "PanicException: the answer is none");
        }
        Ok(())
    })
}

#[test]
fn without_the_guard_such_a_wait_ends_at_a_garbage_collection_in_a_cancelled_error() -> PyResult<()>
{
    beside_a_loop(async {
        Python::attach(|py| py.import("gc")?.call_method0("disable").map(drop))?;
        let result = Python::attach(|py| into_future(panicking(py, 3)?))?;
        let mut result = pin!(result);
        let early = tokio::time::timeout(Duration::from_secs(1), &mut result).await;
        assert!(early.is_err());
        Python::attach(|py| py.import("gc")?.call_method0("collect").map(drop))?;
        let result = tokio::time::timeout(Duration::from_secs(60), result).await;
        let error = result
            .expect("the channel is closed")
            .expect_err("it has panicked");
        assert_eq!(error.to_string(), "CancelledError: ");
        Python::attach(|py| py.import("gc")?.call_method0("enable").map(drop))
    })
}

#[test]
fn a_guard_that_has_given_its_result_is_dropped_without_python() -> PyResult<()> {
    beside_a_loop(async {
        let work = new_work().await?;
        let mut result = guarded_call(&work, "work")?;
        call(&work, "release")?.await?;
        assert_eq!((&mut result).await?.to_string(), "42");
        let (dropped, drops) = std::sync::mpsc::channel();
        // The thread cannot attach while this one is attached.
        Python::attach(|_| {
            std::thread::spawn(move || {
                drop(result);
                dropped.send(()).ok();
            });
            assert!(drops.recv_timeout(Duration::from_secs(30)).is_ok());
        });
        Ok(())
    })
}

#[test]
fn the_guard_refuses_what_is_no_coroutine_at_the_call() -> PyResult<()> {
    beside_a_loop(async {
        let error = Python::attach(|py| {
            let number = 42_i32.into_pyobject(py)?.into_any();
            PyResult::Ok(guarded(number).err().expect("42 is no coroutine"))
        })?;
        let expected = "TypeError: A coroutine object is required";
        assert_eq!(error.to_string(), expected);
        Ok(())
    })
}

#[test]
fn the_guard_refuses_a_future_which_into_future_takes() -> PyResult<()> {
    beside_a_loop(async {
        let (error, result) = Python::attach(|py| {
            let event_loop = get_current_locals(py)?.event_loop(py);
            let future = event_loop.call_method0("create_future")?;
            let error = guarded(future.clone()).err().expect("it is no coroutine");
            let result = into_future(future.clone())?;
            event_loop.call_method1("call_soon_threadsafe", (future.getattr("set_result")?, 42))?;
            PyResult::Ok((error, result))
        })?;
        let expected = "TypeError: A coroutine object is required";
        assert_eq!(error.to_string(), expected);
        assert_eq!(result.await?.to_string(), "42");
        Ok(())
    })
}

#[test]
fn the_guard_keeps_the_task_from_the_collector() -> PyResult<()> {
    beside_a_loop(async {
        let work = new_work().await?;
        let mut result = pin!(guarded_call(&work, "lonely")?);
        assert_eq!(call(&work, "logged")?.await?.to_string(), "");
        tokio::select! {
            biased;
            _ = &mut result => panic!("nobody completes what it waits for"),
            () = ready(()) => Ok(()),
        }
    })
}

#[test]
fn python_can_cancel_it_and_the_error_says_so() -> PyResult<()> {
    beside_a_loop(async {
        let work = new_work().await?;
        let plain = call(&work, "work")?;
        call(&work, "has_begun")?.await?;
        call(&work, "cancel")?.await?;
        let of_asyncio = plain.await.expect_err("it is cancelled");

        let work = new_work().await?;
        let result = guarded_call(&work, "work")?;
        call(&work, "has_begun")?.await?;
        call(&work, "cancel")?.await?;
        let of_futures = result.await.expect_err("it is cancelled");

        Python::attach(|py| {
            let asyncio = py.import("asyncio")?.getattr("CancelledError")?;
            assert!(of_asyncio.matches(py, &asyncio)?);
            let futures = py.import("concurrent.futures")?.getattr("CancelledError")?;
            assert!(of_futures.matches(py, &futures)?);
            assert!(!of_futures.matches(py, &asyncio)?);
            Ok(())
        })
    })
}

#[test]
fn a_guarded_coroutine_does_not_see_the_context_of_the_locals() -> PyResult<()> {
    const CONTEXT: &std::ffi::CStr = c"
import contextvars

variable = contextvars.ContextVar('variable', default='default')

async def read():
    return variable.get()
";
    beside_a_loop(async {
        let (plain, result) = Python::attach(|py| {
            let python = PyModule::from_code(py, CONTEXT, c"context.py", c"context")?;
            let set = python.getattr("variable")?.getattr("set")?;
            get_current_locals(py)?
                .context(py)
                .call_method1("run", (set, "set"))?;
            let plain = into_future(python.call_method0("read")?)?;
            PyResult::Ok((plain, guarded(python.call_method0("read")?)?))
        })?;
        assert_eq!(plain.await?.to_string(), "set");
        assert_eq!(result.await?.to_string(), "default");
        Ok(())
    })
}
