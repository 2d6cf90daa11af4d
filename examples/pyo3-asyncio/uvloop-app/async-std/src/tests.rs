//! What closing a loop of uvloop ends, and what it does not.

use pyo3::types::PyModule;
use pyo3_asyncio::{into_future_with_locals, TaskLocals};

use super::*;

fn list(side: &PyModule, function: &str) -> PyResult<Vec<String>> {
    side.call_method0(function)?.extract()
}

// The one test that runs a loop: of several, only one is on the thread that is Python's main thread.
#[test]
fn close_ends_async_generators_the_executor_and_the_loop_but_cancels_no_task() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| {
        use_virtual_environment(py)?;
        let event_loop = py.import("uvloop")?.call_method0("new_event_loop")?;
        let side = PyModule::from_code(py, PYTHON_SIDE, "python_side.py", "python_side")?;
        let locals = TaskLocals::new(event_loop);
        let begin = into_future_with_locals(&locals, side.call_method0("begin")?)?;
        run_until_complete(event_loop, begin)?;
        assert_eq!(list(side, "ended")?, [""; 0]);
        assert_eq!(list(side, "executor_threads")?.len(), 1);

        close(event_loop)?;

        assert_eq!(list(side, "ended")?, ["generator"]);
        assert_eq!(list(side, "executor_threads")?, [""; 0]);
        assert!(event_loop.call_method0("is_closed")?.extract::<bool>()?);
        let task = side.getattr("task")?;
        assert!(!task.call_method0("done")?.extract::<bool>()?);
        Ok(())
    })
}

const PYTHON_SIDE: &str = "
import asyncio, threading

steps = []

def ended():
    return steps

def executor_threads():
    return [name for name in (t.name for t in threading.enumerate()) if name.startswith('doing')]

async def numbers():
    try:
        yield 1
    finally:
        steps.append('generator')

async def begin():
    global generator, task
    task = asyncio.ensure_future(asyncio.sleep(3600))
    generator = numbers()
    await generator.__anext__()

    def name_the_thread():
        threading.current_thread().name = 'doing'

    await asyncio.get_running_loop().run_in_executor(None, name_the_thread)
";
