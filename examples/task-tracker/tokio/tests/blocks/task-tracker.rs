//! Makes the module part of a program; Python sends a message through an outbox, and closes it.
//!
//! A `TaskTracker` by itself refuses nothing: it runs a task that is spawned after its `close`.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    let tracker = tokio_util::task::TaskTracker::new();
    tracker.close();
    get_runtime().block_on(async {
        tracker.wait().await;
        assert_eq!(tracker.spawn(async { 42 }).await.ok(), Some(42));
    });
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(TASK_TRACKER_DRIVER, None, None))
}

const TASK_TRACKER_DRIVER: &std::ffi::CStr = c"
import asyncio, datetime
import _native

async def main():
    received = asyncio.get_running_loop().create_future()

    async def mail_server(reader, writer):
        writer.write(b'+')
        received.set_result(await reader.read())
        writer.write(b'+')
        writer.close()

    server = await asyncio.start_server(mail_server, '127.0.0.1', 0)
    outbox = _native.Outbox(server.sockets[0].getsockname()[1])
    outbox.send('invoice 1')
    assert await asyncio.wait_for(received, 60) == b'invoice 1'
    assert await outbox.close(datetime.timedelta(seconds=60)) == 0
    assert outbox.take_undelivered() == []
    try:
        outbox.send('invoice 2')
    except RuntimeError as error:
        assert str(error) == 'the outbox is closed', error
    else:
        raise AssertionError('a closed outbox took a message')

asyncio.run(main())
";
