//! Makes the module part of a program; a block is kept, undone, and undone quietly.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(CONTEXT_MANAGERS_DRIVER, None, None))
}

const CONTEXT_MANAGERS_DRIVER: &std::ffi::CStr = c"
import asyncio, warnings
import _native

async def serve(reader, writer):
    while line := (await reader.readline()).decode().strip():
        came.put_nowait(line)
        writer.write(b'ok\\n')
    writer.close()
    came.put_nowait('closed')

class Undo(Exception):
    pass

class Transaction(_native.Transaction):
    async def __aenter__(self):
        await self.begin()
        return self

    async def __aexit__(self, kind, error, traceback):
        await self.end('ROLLBACK' if error else 'COMMIT')
        return isinstance(error, Undo)

async def block(port, error):
    try:
        async with Transaction(port) as transaction:
            assert await transaction.execute('tea') == 'ok'
            if error:
                raise error
    except KeyError as raised:
        assert raised is error
    else:
        assert error is None or type(error) is Undo
    await transaction.end('ROLLBACK')
    assert not transaction.is_open
    return [await came.get() for _ in range(4)]

async def main():
    global came
    came = asyncio.Queue()
    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    port = server.sockets[0].getsockname()[1]
    assert await block(port, None) == ['BEGIN', 'tea', 'COMMIT', 'closed']
    for error in KeyError('milk'), Undo():
        assert await block(port, error) == ['BEGIN', 'tea', 'ROLLBACK', 'closed']
    server.close()

asyncio.run(main())
";
