//! Makes the module part of a program; calls fail, and work in three places counts lines.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(WRONG_THREAD_DRIVER, None, None))
}

const WRONG_THREAD_DRIVER: &std::ffi::CStr = c"
import asyncio, socket, threading
import _native

server = socket.create_server(('127.0.0.1', 0))
address = '127.0.0.1:%d' % server.getsockname()[1]

def serve():
    connection, _ = server.accept()
    connection.sendall(b'tea' + bytes([10]) + b'milk' + bytes([10]))
    connection.close()

def raised(function, *arguments):
    try:
        function(*arguments)
    except BaseException as error:
        return str(error)
    raise AssertionError(f'{function} raises nothing')

async def polled():
    await _native.price_polled('tea')

def runs_polled():
    asyncio.run(polled())

async def main():
    text = raised(_native.price_with_own_loop, 'tea')
    assert text == 'Cannot run the event loop while another loop is running', text
    text = raised(_native.cook_local, 'soup')
    assert text.startswith('`spawn_local` called from outside'), text
    lost = _native.cook_in_set('soup')
    assert await asyncio.wait([lost], timeout=0.05) == (set(), {lost})
    for place in (_native.on_loop, _native.in_future, _native.on_blocking_thread):
        serving = threading.Thread(target=serve)
        serving.start()
        assert await place(address) == 2
        serving.join()
    assert await _native.price('milk') == 2

assert _native.price_with_own_loop('tea') == 3
asyncio.run(main())
for function, arguments in ((runs_polled, ()), (_native.price_ahead, ('tea',))):
    assert raised(function, *arguments).startswith('there is no reactor running')
";
