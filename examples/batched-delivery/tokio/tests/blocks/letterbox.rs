//! Makes the module part of a program; Python writes letters, and Rust asks a clerk.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(LETTERBOX_DRIVER, None, None))
}

const LETTERBOX_DRIVER: &std::ffi::CStr = c"
import asyncio, decimal
import _native

async def clerk():
    await asyncio.sleep(0)
    return 'by ship'

async def main():
    letters = [_native.letter() for _ in range(100)]
    _native.answer(100)
    assert await asyncio.gather(*letters) == 100 * [decimal.Decimal('0.85')]
    for at_once in (False, True):
        assert await _native.ask_clerk(clerk, at_once) == 'by ship'

asyncio.run(main())
";
