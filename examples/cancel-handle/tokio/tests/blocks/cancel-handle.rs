//! Makes the module part of a program; Python cancels a coroutine without a handle and one with it.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(CANCEL_HANDLE_DRIVER, None, None))
}

const CANCEL_HANDLE_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def main():
    for function in (_native.ask, _native.ask_or_withdraw):
        question = _native.Question()
        task = asyncio.ensure_future(function(question))
        await asyncio.sleep(0)
        assert question.asked
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() and not question.asked
        assert question.withdrawn == (function is _native.ask_or_withdraw)

asyncio.run(main())
";
