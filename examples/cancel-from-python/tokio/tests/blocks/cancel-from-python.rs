//! Makes the module part of a program; cancels a query and its children, and an `async fn`.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(CANCEL_FROM_PYTHON_DRIVER, None, None))
}

const CANCEL_FROM_PYTHON_DRIVER: &std::ffi::CStr = c"
import asyncio, socket
import _native

async def awaited(awaitable):
    return await awaitable

listener = socket.create_server(('127.0.0.1', 0))
port = listener.getsockname()[1]

async def cancelled(awaitable, rest):
    task = asyncio.ensure_future(awaited(awaitable))
    await asyncio.sleep(0)
    connection = listener.accept()[0].makefile('rwb')
    assert connection.readline() == b'question\\n'
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    if rest:
        connection.write(b'42\\n')
        connection.flush()
    assert connection.read() == rest

async def main():
    await cancelled(_native.query(port), b'')
    await cancelled(_native.query_in_owned_task(port), b'')
    await cancelled(_native.query_in_task(port), b'quit\\n')
    query, closed = _native.query_and_closed(port)
    await cancelled(query, b'')
    await asyncio.wait_for(closed.wait(), 60)

asyncio.run(main())
";
