//! Makes the module part of a program; on each runtime and as an `async fn`, one answer arrives and one await is
//! cancelled.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(SEMANTICS_DRIVER, None, None))
}

const SEMANTICS_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def awaited(awaitable):
    return await awaitable

async def step(*expected):
    found = None
    while found is None:
        await asyncio.sleep(0)
        found = _native.next_step(0.001)
    assert found in expected, found

async def main(way):
    worker = 'worker' if isinstance(way, _native.Bridge) else 'MainThread'
    for finishes in (True, False):
        _native.begin(False)
        task = asyncio.ensure_future(awaited(way.work()))
        await step(('started', worker))
        if not finishes:
            task.cancel()
            await asyncio.wait([task])
        _native.answer()
        if finishes:
            assert await task == '42'
            await step(('finished', worker))
        await step(('dropped', worker))

for way in (_native.Bridge('tokio'), _native.Bridge('async-std'), _native.AsyncFn()):
    asyncio.run(main(way))
";
