//! Makes the module part of a program; a missing file and a cancelled question show what becomes of the chain.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(ERROR_CHAINS_DRIVER, None, None))
}

const ERROR_CHAINS_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def raised(future):
    try:
        await future
    except BaseException as error:
        return error

async def main():
    text = await raised(_native.limit('no such file'))
    assert type(text) is RuntimeError and 'Caused by:' in str(text) and text.__cause__ is None, text
    chain = await raised(_native.limit_with_causes('no such file'))
    assert str(chain) == 'no limits in no such file' and type(chain.__cause__) is FileNotFoundError, chain

    for confirm, kind in [(_native.confirm, RuntimeError), (_native.confirm_with_causes, asyncio.CancelledError)]:
        question = asyncio.ensure_future(asyncio.sleep(3600))
        answer = confirm(question)
        question.cancel()
        assert type(await raised(answer)) is kind

asyncio.run(main())
";
