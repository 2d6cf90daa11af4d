//! An asyncio event loop on a thread of its own.

// ANCHOR: loop_thread
use std::thread::{self, JoinHandle};

use pyo3::prelude::*;
use pyo3_async_runtimes::TaskLocals;

/// An asyncio event loop on a thread of its own, which runs until `stop`.
pub struct LoopThread {
    /// What `scope` and `into_future_with_locals` need to run a coroutine on this event loop.
    pub locals: TaskLocals,
    thread: JoinHandle<PyResult<()>>,
}

impl LoopThread {
    /// Creates the event loop, and starts the thread that runs it.
    pub fn start(py: Python<'_>, name: &str) -> PyResult<Self> {
        let module = PyModule::from_code(py, PYTHON_SIDE, c"loop_thread.py", c"loop_thread")?;
        let run = module.getattr("run")?.unbind();
        let event_loop = py.import("asyncio")?.call_method0("new_event_loop")?;
        let locals = TaskLocals::new(event_loop.clone());
        let event_loop = event_loop.unbind();
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || Python::attach(|py| run.call1(py, (event_loop,)).map(drop)))?;
        Ok(Self { locals, thread })
    }

    /// Cancels the tasks of the event loop, closes it, and waits for the end of the thread.
    ///
    /// An exception that ended the loop earlier, such as `SystemExit`, is returned.
    pub fn stop(self, py: Python<'_>) -> PyResult<()> {
        let event_loop = self.locals.event_loop(py);
        let stop = event_loop.getattr("stop")?;
        let asked = event_loop.call_method1("call_soon_threadsafe", (stop,));
        // Detached, because the other thread needs the GIL to end.
        let ended = py.detach(|| self.thread.join());
        ended.expect("the thread returns its errors, and doesn't panic")?;
        asked.map(drop)
    }
}

// If an exception ends the loop, `stop` may come while the tasks end, hence the `while`.
const PYTHON_SIDE: &std::ffi::CStr = c"
import asyncio

def run(loop):
    try:
        loop.run_forever()
    finally:
        ending = loop.create_task(end_tasks(loop))
        ending.add_done_callback(lambda _: loop.stop())
        while not ending.done():
            loop.run_forever()
        loop.close()

async def end_tasks(loop):
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()):
            context = {'message': 'a task failed at the end', 'exception': error, 'task': task}
            loop.call_exception_handler(context)
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()
";
// ANCHOR_END: loop_thread
