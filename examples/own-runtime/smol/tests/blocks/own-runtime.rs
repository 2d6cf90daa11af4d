//! Makes the module part of a program; Python waits for a server of its own, and reads its banner.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(OWN_RUNTIME_DRIVER, None, None))
}

const OWN_RUNTIME_DRIVER: &std::ffi::CStr = c"
import asyncio, contextvars, socket
import _native

name = contextvars.ContextVar('name')

async def greet(reader, writer):
    writer.write(b'ready\\r\\n')
    writer.close()

async def main():
    reserved = socket.socket()
    reserved.bind(('127.0.0.1', 0))
    address = reserved.getsockname()
    errors = []

    async def retry(error):
        errors.append((name.get(), type(error)))
        await asyncio.start_server(greet, sock=reserved)

    name.set('mail')
    assert await _native.read_banner_once_up(*address, retry) == 'ready'
    assert errors == [('mail', ConnectionRefusedError)], errors
    assert await _native.read_banner(*address) == 'ready'

asyncio.run(main())
";
