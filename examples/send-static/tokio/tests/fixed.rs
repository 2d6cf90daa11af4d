//! What the functions do once they compile, and which threads their futures meet.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Once, mpsc};
use std::thread;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use send_static_tokio::send_static;
use tokio::sync::oneshot;

/// Runs Python code that ends in an assertion.
fn assert_python(code: &std::ffi::CStr) -> PyResult<()> {
    static START: Once = Once::new();
    START.call_once(|| {
        pyo3::append_to_inittab!(send_static);
        Python::initialize();
    });
    Python::attach(|py| {
        let globals = pyo3::types::PyDict::new(py);
        globals.set_item("polled_on", wrap_pyfunction!(polled_on, py)?)?;
        py.run(
            c"import asyncio, send_static, threading",
            Some(&globals),
            None,
        )?;
        py.run(code, Some(&globals), None)
    })
}

/// The name of the thread that polls the future.
#[pyfunction]
fn polled_on(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async {
        let name = thread::current().name().map(str::to_owned);
        Ok(name)
    })
}

#[test]
fn the_future_calls_the_callback_and_returns_its_result() -> PyResult<()> {
    assert_python(
        c"
async def main():
    return await send_static.call_later(lambda: 'called')

assert asyncio.run(main()) == 'called'
",
    )
}

#[test]
fn the_function_returns_before_its_future_ends() -> PyResult<()> {
    assert_python(
        c"
async def main():
    returned = threading.Event()
    future = send_static.call_later(lambda: returned.wait(3600))
    returned.set()
    assert await future

asyncio.run(main())
",
    )
}

#[test]
fn the_callback_runs_on_another_thread_than_the_loop() -> PyResult<()> {
    assert_python(
        c"
async def main():
    assert await send_static.call_later(threading.get_ident) != threading.get_ident()

asyncio.run(main())
",
    )
}

#[test]
fn a_thread_of_tokio_polls_the_future() -> PyResult<()> {
    assert_python(
        c"
async def main():
    assert 'tokio' in await polled_on()

asyncio.run(main())
",
    )
}

#[test]
fn the_future_of_the_coroutine_leaves_attach() -> PyResult<()> {
    assert_python(
        c"
async def main():
    return await send_static.ask()

assert asyncio.run(main()) == 'slept'
",
    )
}

#[test]
fn the_future_owns_its_argument() -> PyResult<()> {
    assert_python(
        c"
async def main():
    return await send_static.greet('Ferris')

assert asyncio.run(main()) == 'Hello, Ferris!'
",
    )
}

#[test]
fn the_future_keeps_the_object_of_the_method_alive() -> PyResult<()> {
    assert_python(
        c"
async def main():
    counter = send_static.Counter()
    await asyncio.gather(*(counter.add(1) for _ in range(99)))
    future = counter.add(1)
    del counter
    assert await future == 100

asyncio.run(main())
",
    )
}

#[test]
fn the_mutex_of_tokio_stays_locked_across_the_await() -> PyResult<()> {
    assert_python(
        c"
async def main():
    log = send_static.Log()
    lengths = await asyncio.gather(*(log.write('line') for _ in range(100)))
    assert sorted(lengths) == list(range(1, 101))

asyncio.run(main())
",
    )
}

#[test]
fn the_standard_mutex_is_free_before_the_await() -> PyResult<()> {
    assert_python(
        c"
async def main():
    visitors = send_static.Visitors()
    counts = await asyncio.gather(*(visitors.enter('Ferris') for _ in range(100)))
    assert sorted(counts) == list(range(1, 101))

asyncio.run(main())
",
    )
}

#[test]
fn a_spawned_task_owns_its_list() -> PyResult<()> {
    assert_python(
        c"
async def main():
    assert await send_static.count(3) == [1, 2, 3]

asyncio.run(main())
",
    )
}

#[test]
fn after_an_await_another_thread_may_go_on() {
    // A task that blocks one of two threads. If that is where the future was, it must move.
    async fn moves() -> bool {
        let before = thread::current().id();
        let (blocking, blocked) = mpsc::channel();
        let (unblock, unblocked) = mpsc::channel::<()>();
        let (wake, woken) = oneshot::channel();
        let blocker = tokio::spawn(async move {
            let told = blocking.send(());
            let _ = unblocked.recv();
            told.expect("the waker listens")
        });
        let waker = thread::spawn(move || {
            blocked.recv().expect("the blocker runs");
            wake.send(()).expect("the future waits")
        });
        woken.await.expect("the waker does not panic");
        let moved = thread::current().id() != before;
        drop(unblock);
        blocker.await.expect("the blocker does not panic");
        waker.join().expect("the waker does not panic");
        moved
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("two threads start");
    let moved = runtime.spawn(async {
        for _ in 0..1000 {
            if moves().await {
                return true;
            }
        }
        false
    });
    assert!(runtime.block_on(moved).expect("the future does not panic"));
}

#[test]
fn block_on_takes_a_future_that_is_neither_send_nor_static() {
    let word = String::from("borrowed");
    let word = word.as_str();
    let future = async move {
        let seen = Rc::new(RefCell::new(Vec::new()));
        seen.borrow_mut().push(word);
        tokio::task::yield_now().await;
        seen.take()
    };
    assert_eq!(get_runtime().block_on(future), ["borrowed"]);
}

#[test]
fn a_py_may_go_to_another_thread() {
    fn assert_send_static<T: Send + 'static>() {}
    assert_send_static::<Py<PyAny>>();
    assert_send_static::<PyErr>();
}
