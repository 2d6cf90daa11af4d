//! Makes the module part of a program; other results come while a call blocks.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(BLOCKING_DRIVER, None, None))?;
    // A panic stays a panic, on rayon's threads too, and the process goes on.
    let runtime = pyo3_async_runtimes::tokio::get_runtime();
    let panics = || runtime.block_on(rayon(|_| -> () { panic!("no lines") }));
    let panic = catch_unwind(AssertUnwindSafe(panics)).expect_err("it panics");
    assert_eq!(panic.downcast_ref(), Some(&"no lines"));
    let error = runtime.block_on(blocking(|| -> PyResult<()> { panic!("no lines") }));
    let error = error.expect_err("it panics").to_string();
    assert!(error.starts_with("RustPanic: task "), "{error}");
    assert!(
        error.ends_with(" panicked with message \"no lines\""),
        "{error}"
    );
    Ok(())
}

const BLOCKING_DRIVER: &std::ffi::CStr = c"
import asyncio, os, socket, threading
os.environ['TOKIO_WORKER_THREADS'] = '1'
import _native

server = socket.create_server(('127.0.0.1', 0))
address = '127.0.0.1:%d' % server.getsockname()[1]

def serve(release):
    connection, _ = server.accept()
    release.wait(60)
    connection.sendall(b'tea' + bytes([10]) + b'milk' + bytes([10]))
    connection.close()

async def main():
    text = b'tea' + bytes([10, 10])
    release = threading.Event()
    serving = threading.Thread(target=serve, args=(release,))
    serving.start()
    counting = _native.count_sent(address)
    assert await _native.count(text) == 2
    release.set()
    assert await counting == 2
    serving.join()
    assert await _native.offsets_as_list(text) == [3, 4]
    packed = await _native.offsets_as_bytes(text)
    assert memoryview(packed).cast('Q').tolist() == [3, 4]

asyncio.run(main())
";
