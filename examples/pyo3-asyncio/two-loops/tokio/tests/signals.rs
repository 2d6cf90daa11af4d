//! Why Python's event loop keeps the main thread: on another one it cannot handle signals.
#![cfg(unix)]

use pyo3::prelude::*;

#[test]
fn an_event_loop_on_another_thread_cannot_handle_signals() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    // The thread that initializes Python is Python's main thread, here a thread of the test harness.
    Python::with_gil(|py| py.run(ON_ANOTHER_THREAD, None, None))
}

const ON_ANOTHER_THREAD: &str = "
import asyncio, signal, threading

errors = []

def other_thread():
    loop = asyncio.new_event_loop()
    try:
        loop.add_signal_handler(signal.SIGINT, print)
    except (RuntimeError, ValueError) as error:
        errors.append(str(error))
    finally:
        loop.close()

thread = threading.Thread(target=other_thread)
thread.start()
thread.join()
assert errors == ['set_wakeup_fd only works in main thread of the main interpreter'], errors
";
