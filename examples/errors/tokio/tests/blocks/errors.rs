//! Makes the module part of a program; Python looks at the exceptions that come out of it.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(ERRORS_DRIVER, None, None))
}

const ERRORS_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def failing(error):
    raise error

async def raised(future):
    try:
        await future
    except BaseException as error:
        return error
    raise AssertionError('nothing was raised')

async def main():
    error = LookupError('no price')
    assert await raised(_native.relay(failing(error))) is error
    text = await raised(_native.relay_text(failing(error)))
    assert repr(text) == '''RuntimeError('relay: LookupError: no price')''', text
    other = await raised(_native.relay_with_cause(failing(error)))
    assert repr(other) == '''RuntimeError('relay: Python failed')''' and other.__cause__ is error
    report = await _native.report(failing(error))
    assert 'in failing' in report and report.endswith('LookupError: no price'), report

    for pass_on in (_native.relay_text, _native.relay_with_cause, _native.report):
        cancelled = await raised(pass_on(failing(asyncio.CancelledError())))
        assert type(cancelled) is asyncio.CancelledError, cancelled
    assert type(await raised(_native.stop_async())) is StopAsyncIteration

asyncio.run(main())
";
