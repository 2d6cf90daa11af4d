//! Makes the module part of a program; Python awaits a sleep, an answer, and an error.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| py.run(AWAIT_RUST_DRIVER, None, None))
}

const AWAIT_RUST_DRIVER: &str = "
import asyncio
import _native

async def serve(reader, writer):
    assert await reader.readline() == b'which day is it?\\n'
    writer.write(b'Sunday\\n')
    writer.close()

async def main():
    assert await _native.call_rust_sleep(0.05) is None
    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    port = server.sockets[0].getsockname()[1]
    assert await _native.ask(port, 'which day is it?') == 'Sunday'
    server.close()
    try:
        await _native.ask(port, 'which day is it?')
    except ConnectionRefusedError:
        pass
    else:
        raise AssertionError('a closed port answered')

asyncio.run(main())
";
