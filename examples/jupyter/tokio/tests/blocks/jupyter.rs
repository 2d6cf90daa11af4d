//! Makes the module part of a program and asks a station through both faces, in an event loop.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(JUPYTER_DRIVER, None, None))
}

const JUPYTER_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def main():
    assert await _native.temperature('Oslo') == _native.temperature_sync('Oslo') == -3.5
    assert await _native.lowest('Rome', 0) == _native.lowest_sync('Rome', 0) == 21.5
    try:
        await _native.temperature('Atlantis')
    except KeyError as error:
        assert error.args == ('Atlantis',), error
    else:
        raise AssertionError('an unknown station has a temperature')

asyncio.run(main())
";
