//! Makes the module part of a program; Python asks a server on this machine, reads the body in chunks, and closes
//! the session.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(HTTP_CLIENT_DRIVER, None, None))
}

const HTTP_CLIENT_DRIVER: &std::ffi::CStr = c"
import asyncio, sys, types
import _native

package = sys.modules['courier'] = types.ModuleType('courier')
package.errors = sys.modules['courier.errors'] = types.ModuleType('courier.errors')
for name in ('HttpError', 'ConnectError', 'HttpTimeout', 'ClosedError'):
    setattr(package.errors, name, type(name, (Exception,), {}))

async def answer(reader, writer):
    head = await reader.readuntil(b'\\r\\n\\r\\n')
    assert head.startswith(b'GET /page HTTP/1.1'), head
    writer.write(b'HTTP/1.1 200 OK\\r\\nx-page: 7\\r\\ncontent-length: 5\\r\\n\\r\\nhello')

async def main():
    server = await asyncio.start_server(answer, '127.0.0.1', 0)
    port = server.sockets[0].getsockname()[1]
    session = _native.Session(f'http://127.0.0.1:{port}', 60, 60)
    response = await session.request('GET', '/page', [], None, None)
    assert (response.status, ('x-page', '7') in response.headers) == (200, True)
    body = b''
    while (chunk := await response.chunk()) is not None:
        body += chunk
    assert body == b'hello', body
    assert await session.close() is None
    try:
        await session.request('GET', '/page', [], None, None)
    except package.errors.ClosedError as error:
        assert str(error) == 'the session is closed', error
    else:
        raise AssertionError('a closed session took a request')

asyncio.run(main())
";
