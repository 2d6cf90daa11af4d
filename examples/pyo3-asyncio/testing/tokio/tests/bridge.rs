//! Rust and Python together under plain `cargo test`: each test has an event loop on a thread.

use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::process::Command;
use std::sync::Mutex;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyModule;
use pyo3_asyncio::tokio::{get_current_locals, get_runtime, scope};
use pyo3_asyncio::TaskLocals;
use pyo3_asyncio_testing_tokio::retry_call;

// ANCHOR: with_loop
/// Runs `test` while an event loop runs on a thread of its own.
fn with_loop(test: impl Future<Output = PyResult<()>> + Send + 'static) -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    let (thread, locals) = Python::with_gil(LoopThread::start)?;
    let ended = get_runtime().block_on(scope(locals, test));
    drop(thread);
    ended
}

struct LoopThread {
    event_loop: Py<PyAny>,
    thread: Option<JoinHandle<PyResult<Py<PyAny>>>>,
}

impl LoopThread {
    fn start(py: Python<'_>) -> PyResult<(Self, TaskLocals)> {
        let event_loop = py.import("asyncio")?.call_method0("new_event_loop")?;
        let run_forever = PyObject::from(event_loop.getattr("run_forever")?);
        let thread = thread::spawn(move || Python::with_gil(|py| run_forever.call0(py)));
        let locals = TaskLocals::new(event_loop).copy_context(py)?;
        let event_loop = event_loop.into();
        let thread = Some(thread);
        Ok((Self { event_loop, thread }, locals))
    }

    fn stop(&mut self) -> PyResult<()> {
        Python::with_gil(|py| {
            let stop = self.event_loop.getattr(py, "stop")?;
            self.event_loop
                .call_method1(py, "call_soon_threadsafe", (stop,))
        })?;
        // Not attached: the loop needs the interpreter to come to its end.
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            ended.map_err(|_| PyRuntimeError::new_err("the thread of the loop panicked"))??;
        }
        Python::with_gil(|py| self.event_loop.call_method0(py, "close"))?;
        Ok(())
    }
}

impl Drop for LoopThread {
    fn drop(&mut self) {
        let stopped = self.stop();
        // Of a test that panics, a second panic would abort the process and hide the message.
        if !thread::panicking() {
            stopped.expect("the test leaves its loop running");
        }
    }
}
// ANCHOR_END: with_loop

#[test]
fn the_third_attempt_succeeds() -> PyResult<()> {
    with_loop(async {
        let answer = retry_call(flaky(2)?, 3, Duration::ZERO).await?;
        assert_eq!(Python::with_gil(|py| answer.extract::<u32>(py))?, 3);
        Ok(())
    })
}

/// A Python function whose coroutines fail so many times, and then return their number.
fn flaky(failures: u32) -> PyResult<Py<PyAny>> {
    Python::with_gil(|py| {
        let module = PyModule::from_code(py, FLAKY, "flaky.py", "flaky")?;
        Ok(module.call_method1("Flaky", (failures,))?.into())
    })
}

const FLAKY: &str = "
import asyncio

class Flaky:
    def __init__(self, failures):
        self.failures, self.calls = failures, 0

    async def __call__(self):
        self.calls += 1
        await asyncio.sleep(0)
        if self.calls <= self.failures:
            raise ValueError(f'attempt {self.calls} failed')
        return self.calls
";

#[test]
fn the_last_exception_comes_through() -> PyResult<()> {
    with_loop(async {
        let error = retry_call(flaky(3)?, 2, Duration::ZERO).await.unwrap_err();
        Python::with_gil(|py| {
            assert!(error.is_instance_of::<PyValueError>(py));
            assert_eq!(error.value(py).to_string(), "attempt 2 failed");
        });
        Ok(())
    })
}

#[test]
fn a_test_that_panics_keeps_its_message_and_stops_its_loop() -> PyResult<()> {
    static LOCALS: Mutex<Option<TaskLocals>> = Mutex::new(None);
    let ended = catch_unwind(AssertUnwindSafe(|| {
        with_loop(async {
            let locals = Python::with_gil(get_current_locals)?;
            *LOCALS.lock().expect("nothing panics while it is locked") = Some(locals);
            panic!("this is why it failed")
        })
    }));
    let message = ended.unwrap_err();
    assert_eq!(
        message.downcast_ref::<&str>(),
        Some(&"this is why it failed")
    );
    let locals = LOCALS
        .lock()
        .expect("nothing panics while it is locked")
        .take();
    Python::with_gil(|py| {
        let event_loop = locals.expect("the test was run").event_loop(py);
        assert!(event_loop.call_method0("is_closed")?.extract::<bool>()?);
        Ok(())
    })
}

#[test]
fn a_test_that_panics_keeps_its_message_although_its_loop_cannot_be_closed() {
    let ended = catch_unwind(AssertUnwindSafe(|| {
        with_loop(async {
            Python::with_gil(|py| {
                let locals = get_current_locals(py)?;
                locals.event_loop(py).setattr("close", py.None())
            })?;
            panic!("this is why it failed")
        })
    }));
    let message = ended.unwrap_err();
    assert_eq!(
        message.downcast_ref::<&str>(),
        Some(&"this is why it failed")
    );
}

#[test]
fn each_test_also_passes_alone_in_a_process_of_its_own() {
    let this = std::env::current_exe().expect("a test knows its program");
    let output = |arguments: &[&str]| {
        let output = Command::new(&this)
            .args(arguments)
            .output()
            .expect("it starts");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let listed = output(&["--list", "--format", "terse"]);
    let names = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    let others: Vec<&str> = names
        .filter(|name| !name.starts_with("each_test_also"))
        .collect();
    assert_eq!(others.len(), 4, "{listed}");
    for name in others {
        assert!(output(&["--exact", name, "--nocapture"]).contains("1 passed"));
    }
}
