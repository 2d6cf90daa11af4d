//! Makes the module part of a program, whose tests share a press on loops of their own.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(PYTEST_ASYNCIO_DRIVER, None, None))
}

const PYTEST_ASYNCIO_DRIVER: &std::ffi::CStr = c"
import asyncio, os
import _native

press = _native.Press(os.devnull)

async def test():
    hung = press.print('poster', 3600)
    while True:
        try:
            await asyncio.wait_for(press.print('menu', 0), 0.2)
        except asyncio.TimeoutError:
            break
    assert _native.running() > 0
    hung.cancel()
    assert await press.print('menu', 0) == 'menu is printed'

for _ in range(2):
    asyncio.run(test())
assert press.print_blocking('menu', 0) == 'menu is printed'

async def close():
    await press.close()
    try:
        await press.print('menu', 0)
    except ValueError as error:
        assert str(error) == 'the press is closed'
    else:
        raise AssertionError('a closed press printed')

asyncio.run(close())
";
