//! Where coroutines run, and how the thread of an event loop ends.

#[path = "../src/loop_thread.rs"]
mod loop_thread;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PySystemExit, asyncio::CancelledError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyCFunction;
use pyo3_async_runtimes::into_future_with_locals;
use pyo3_async_runtimes::tokio::get_runtime;

use loop_thread::LoopThread;

const HERE: &std::ffi::CStr = c"
import asyncio, threading

async def here():
    return asyncio.get_running_loop(), threading.get_ident()

async def wait_for(event, entered):
    entered.set()
    return event.wait(60)

async def set(event):
    event.set()

async def tick(tell):
    while True:
        tell()
        await asyncio.sleep(0)

async def leave():
    raise SystemExit(3)

ended = []

async def forever(started):
    started.set()
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)
        ended.append(threading.get_ident())

reports = []

async def fails_at_its_end(started):
    asyncio.get_running_loop().set_exception_handler(lambda _, report: reports.append(report))
    started.set()
    try:
        await asyncio.Event().wait()
    finally:
        raise LookupError('not saved')
";

/// Loaded once, because the tests share the interpreter.
fn here(py: Python<'_>) -> &Bound<'_, PyModule> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let load = || PyModule::from_code(py, HERE, c"here.py", c"here").map(Bound::unbind);
    MODULE
        .get_or_try_init(py, load)
        .expect("it compiles")
        .bind(py)
}

fn start(name: &str) -> LoopThread {
    Python::initialize();
    Python::attach(|py| LoopThread::start(py, name)).expect("it starts")
}

fn stop(loop_thread: LoopThread) {
    Python::attach(|py| loop_thread.stop(py)).expect("it ends");
}

/// Starts a coroutine now, awaits it on tokio, and blocks for what it returns.
fn ask<T>(loop_thread: &LoopThread, coroutine: &str, arguments: Option<&Py<PyAny>>) -> PyResult<T>
where
    T: for<'a, 'py> FromPyObject<'a, 'py, Error = PyErr> + Send + 'static,
{
    let asked = Python::attach(|py| {
        let function = here(py).getattr(coroutine)?;
        let coroutine = match arguments {
            Some(argument) => function.call1((argument,))?,
            None => function.call0()?,
        };
        into_future_with_locals(&loop_thread.locals, coroutine)
    })?;
    let awaiting = get_runtime().spawn(async {
        let value = asked.await?;
        Python::attach(|py| value.extract(py))
    });
    get_runtime().block_on(awaiting).expect("no panic")
}

fn event() -> Py<PyAny> {
    Python::attach(|py| {
        let event = py.import("threading")?.call_method0("Event");
        event.map(Bound::unbind)
    })
    .expect("an event")
}

fn wait(event: &Py<PyAny>) {
    let set = Python::attach(|py| event.call_method1(py, "wait", (60,))?.extract::<bool>(py));
    assert!(set.expect("a bool"), "nothing has set the event");
}

#[test]
fn each_loop_has_its_own_locals_and_its_own_thread() {
    let (quotes, orders) = (start("quotes"), start("orders"));
    let mut threads = Vec::new();
    for each in [&quotes, &orders] {
        let (event_loop, thread): (Py<PyAny>, u64) = ask(each, "here", None).expect("an answer");
        assert!(Python::attach(|py| event_loop
            .bind(py)
            .is(each.locals.event_loop(py))));
        threads.push(thread);
    }
    let main: u64 = Python::attach(|py| {
        let thread = py.import("threading")?.call_method0("get_ident");
        thread?.extract()
    })
    .expect("a number");
    assert_ne!(threads[0], threads[1]);
    assert!(!threads.contains(&main));
    stop(quotes);
    stop(orders);
}

#[test]
fn a_loop_goes_on_while_another_one_is_blocked() {
    let (quotes, orders) = (start("quotes"), start("orders"));
    let (released, entered) = (event(), event());
    let blocked = Python::attach(|py| {
        let coroutine = here(py).call_method1("wait_for", (&released, &entered))?;
        into_future_with_locals(&quotes.locals, coroutine)
    })
    .expect("it starts");
    wait(&entered);
    ask::<Option<bool>>(&orders, "set", Some(&released)).expect("it is set");
    let released = get_runtime().block_on(blocked).expect("it ends");
    assert!(Python::attach(|py| released.extract::<bool>(py)).expect("a bool"));
    stop(quotes);
    stop(orders);
}

fn has_gil() -> bool {
    let is_disabled: PyResult<bool> = Python::attach(|py| {
        let variable = ("Py_GIL_DISABLED",);
        py.import("sysconfig")?
            .call_method1("get_config_var", variable)?
            .is_truthy()
    });
    !is_disabled.expect("sysconfig has it, or None")
}

#[test]
fn a_thread_that_keeps_the_gil_keeps_the_event_loop_from_running() {
    let background = start("asyncio");
    let (tell, ticks) = mpsc::channel();
    let ticking = Python::attach(|py| {
        let tell = PyCFunction::new_closure(py, None, None, move |_, _| tell.send(()).is_ok())?;
        into_future_with_locals(&background.locals, here(py).call_method1("tick", (tell,))?)
    })
    .expect("it starts");
    let minute = Duration::from_secs(60);
    assert_eq!(ticks.recv_timeout(minute), Ok(()));
    // A Python without the GIL has none to keep: there the event loop goes on.
    let kept = if has_gil() {
        Err(RecvTimeoutError::Timeout)
    } else {
        Ok(())
    };
    Python::attach(|_| {
        // Nothing below runs Python, so this thread keeps the GIL.
        while ticks.try_recv().is_ok() {}
        assert_eq!(ticks.recv_timeout(Duration::from_millis(300)), kept);
    });
    assert_eq!(ticks.recv_timeout(minute), Ok(()));
    stop(background);
    assert!(get_runtime().block_on(ticking).is_err());
}

#[test]
fn stop_returns_the_exception_that_ended_the_loop() {
    let background = start("asyncio");
    let waited = ask::<Option<bool>>(&background, "leave", None);
    let stopped = Python::attach(|py| background.stop(py));
    Python::attach(|py| {
        for error in [waited.map(|_| ()), stopped] {
            let error = error.expect_err("the loop has ended");
            assert!(error.is_instance_of::<PySystemExit>(py), "{error}");
        }
    });
}

#[test]
fn stop_lets_each_task_clean_up_then_closes_the_loop_and_joins_the_thread() {
    let background = start("asyncio");
    let (_, thread): (Py<PyAny>, u64) = ask(&background, "here", None).expect("an answer");
    let (locals, started) = (background.locals.clone(), event());
    let (module, waiting) = Python::attach(|py| {
        let module = here(py);
        let waiting =
            into_future_with_locals(&locals, module.call_method1("forever", (&started,))?);
        PyResult::Ok((module.clone().unbind(), waiting?))
    })
    .expect("it starts");
    wait(&started);
    stop(background);

    let error = get_runtime().block_on(waiting).expect_err("cancelled");
    Python::attach(|py| {
        assert!(error.is_instance_of::<CancelledError>(py), "{error}");
        let ended: Vec<u64> = module.getattr(py, "ended")?.extract(py)?;
        assert_eq!(ended, [thread]);
        let closed = locals.event_loop(py).call_method0("is_closed")?;
        assert!(closed.extract::<bool>()?);
        let coroutine = here(py).call_method0("here")?;
        let Err(late) = into_future_with_locals(&locals, coroutine.clone()) else {
            panic!("a closed loop takes a coroutine");
        };
        assert!(late.is_instance_of::<PyRuntimeError>(py));
        assert_eq!(late.value(py).to_string(), "Event loop is closed");
        coroutine.call_method0("close").map(drop)
    })
    .expect("no error of Python");
}

#[test]
fn what_the_cleanup_of_a_task_raises_goes_to_the_exception_handler_of_the_loop() {
    let (background, started) = (start("asyncio"), event());
    let failing = Python::attach(|py| {
        let coroutine = here(py).call_method1("fails_at_its_end", (&started,))?;
        into_future_with_locals(&background.locals, coroutine)
    })
    .expect("it starts");
    wait(&started);
    stop(background);
    assert!(get_runtime().block_on(failing).is_err());
    let reported: String = Python::attach(|py| {
        let report = here(py).getattr("reports")?.get_item(0)?;
        report.get_item("exception")?.repr()?.extract()
    })
    .expect("a report");
    assert_eq!(reported, "LookupError('not saved')");
}
