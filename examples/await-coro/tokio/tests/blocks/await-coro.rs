//! Makes the module part of a program; Rust awaits coroutines, a callable's, and blocks.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(AWAIT_CORO_DRIVER, None, None))
}

const AWAIT_CORO_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def answer():
    await asyncio.sleep(0)
    return 42

async def main():
    assert await _native.await_coro(answer()) == 42
    assert await _native.await_callable(answer) == 42
    coroutine = answer()
    try:
        _native.block_on_coro(coroutine)
    except RuntimeError as error:
        assert 'would block' in str(error), error
    else:
        raise AssertionError('it blocked inside a running loop')
    coroutine.close()

asyncio.run(main())
assert _native.block_on_coro(answer()) == 42
assert _native.block_on_new_loop(answer()) == 42
";
