//! Where task locals come from, what they hold, and who has them.

use std::future::{pending, poll_fn, Future};
use std::task::Poll;

use pyo3::prelude::*;
use pyo3_asyncio::async_std::{get_current_locals, get_current_loop, run, scope};
use pyo3_asyncio::{into_future_with_locals, TaskLocals};

/// Runs the future on the bridge's runtime beside an event loop of its own.
fn beside_a_loop<F>(future: F) -> PyResult<()>
where
    F: Future<Output = PyResult<()>> + Send + 'static,
{
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| {
        // Threads that use the bridge for the first time at once may block each other without this.
        py.import("asyncio")?;
        run(py, future)
    })
}

fn new_loop(py: Python<'_>) -> PyResult<&PyAny> {
    py.import("asyncio")?.call_method0("new_event_loop")
}

/// The message of the error that asking for the locals here gives, if it gives one.
fn refusal() -> Option<String> {
    Python::with_gil(|py| get_current_locals(py).err().map(|error| error.to_string()))
}

const NO_LOOP: &str = "RuntimeError: no running event loop";

#[test]
fn only_the_task_itself_has_its_locals() -> PyResult<()> {
    beside_a_loop(async {
        assert_eq!(refusal(), None);
        let in_task = async_std::task::spawn(async { refusal() }).await;
        assert_eq!(in_task.as_deref(), Some(NO_LOOP));
        let in_closure = async_std::task::spawn_blocking(refusal).await;
        assert_eq!(in_closure.as_deref(), Some(NO_LOOP));
        let in_thread = std::thread::spawn(refusal).join().expect("no panic");
        assert_eq!(in_thread.as_deref(), Some(NO_LOOP));
        Ok(())
    })
}

#[test]
fn handed_over_locals_work_on_a_thread_of_your_own() -> PyResult<()> {
    beside_a_loop(async {
        let locals = Python::with_gil(get_current_locals)?;
        let ask = move || {
            Python::with_gil(|py| {
                let coroutine = py.import("asyncio")?.call_method1("sleep", (0, "done"))?;
                into_future_with_locals(&locals, coroutine)
            })
        };
        let answer = std::thread::spawn(ask).join().expect("no panic")?.await?;
        assert_eq!(answer.to_string(), "done");
        Ok(())
    })
}

#[test]
fn a_scope_comes_before_the_locals_of_the_task() -> PyResult<()> {
    beside_a_loop(async {
        let other = Python::with_gil(|py| new_loop(py).map(PyObject::from))?;
        let locals = Python::with_gil(|py| TaskLocals::new(other.as_ref(py)));
        let found = scope(locals, async {
            Python::with_gil(|py| get_current_loop(py).map(PyObject::from))
        });
        let found = found.await?;
        Python::with_gil(|py| {
            assert!(found.is(&other));
            assert!(!get_current_loop(py)?.is(&other));
            other.call_method0(py, "close").map(drop)
        })
    })
}

#[test]
fn new_locals_have_a_loop_and_no_context_until_it_is_copied() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| {
        let event_loop = new_loop(py)?;
        let bare = TaskLocals::new(event_loop);
        assert!(bare.event_loop(py).is(event_loop));
        assert!(bare.context(py).is_none());
        let copied = bare.copy_context(py)?;
        assert!(copied.event_loop(py).is(event_loop));
        let context = py.import("contextvars")?.getattr("Context")?;
        assert!(copied.context(py).is_instance(context)?);
        event_loop.call_method0("close").map(drop)
    })
}

#[test]
fn a_clone_is_the_same_loop_and_the_same_context() -> PyResult<()> {
    beside_a_loop(async {
        Python::with_gil(|py| {
            let locals = get_current_locals(py)?;
            let clone = locals.clone();
            assert!(clone.event_loop(py).is(locals.event_loop(py)));
            assert!(clone.context(py).is(locals.context(py)));
            Ok(())
        })
    })
}

#[test]
fn a_context_that_is_running_cannot_be_entered_and_a_copy_can() -> PyResult<()> {
    beside_a_loop(async {
        Python::with_gil(|py| {
            let context = get_current_locals(py)?.context(py);
            let enter = context.getattr("run")?;
            let error = enter
                .call1((enter, py.get_type::<pyo3::types::PyList>()))
                .expect_err("it is running");
            let text = error.to_string();
            assert!(
                text.starts_with("RuntimeError: cannot enter context: <")
                    && text.ends_with("> is already entered"),
                "{text}"
            );
            let copy = context.call_method0("copy")?;
            enter.call1((copy.getattr("run")?, py.get_type::<pyo3::types::PyList>()))?;
            Ok(())
        })
    })
}

#[test]
fn a_scope_that_is_dropped_halfway_stays_with_the_task() -> PyResult<()> {
    beside_a_loop(async {
        let other = Python::with_gil(|py| new_loop(py).map(PyObject::from))?;
        let locals = Python::with_gil(|py| TaskLocals::new(other.as_ref(py)));
        let mut scoped = Box::pin(scope(locals, pending::<()>()));
        poll_fn(|context| {
            assert!(scoped.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        drop(scoped);
        Python::with_gil(|py| {
            assert!(get_current_loop(py)?.is(&other));
            other.call_method0(py, "close").map(drop)
        })
    })
}

#[test]
fn what_a_function_sets_in_the_context_of_the_locals_stays_there() -> PyResult<()> {
    beside_a_loop(async {
        Python::with_gil(|py| {
            let variable = py
                .import("contextvars")?
                .call_method1("ContextVar", ("variable",))?;
            let context = get_current_locals(py)?.context(py);
            context.call_method1("run", (variable.getattr("set")?, "set"))?;
            let kept = get_current_locals(py)?
                .context(py)
                .call_method1("run", (variable.getattr("get")?,))?;
            assert_eq!(kept.extract::<String>()?, "set");
            Ok(())
        })
    })
}

#[test]
fn a_loop_that_is_open_answers_only_when_it_runs() -> PyResult<()> {
    beside_a_loop(async {
        let other = Python::with_gil(|py| new_loop(py).map(PyObject::from))?;
        let mut answer = Box::pin(Python::with_gil(|py| {
            let coroutine = py.import("asyncio")?.call_method1("sleep", (0, "late"))?;
            into_future_with_locals(&TaskLocals::new(other.as_ref(py)), coroutine)
        })?);
        poll_fn(|context| {
            assert!(answer.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;

        let running = Python::with_gil(|py| other.clone_ref(py));
        let thread = std::thread::spawn(move || {
            Python::with_gil(|py| running.call_method0(py, "run_forever").map(drop))
        });
        assert_eq!(answer.await?.to_string(), "late");
        Python::with_gil(|py| {
            let stop = other.getattr(py, "stop")?;
            other.call_method1(py, "call_soon_threadsafe", (stop,))
        })?;
        thread.join().expect("no panic")?;
        Python::with_gil(|py| other.call_method0(py, "close").map(drop))
    })
}
