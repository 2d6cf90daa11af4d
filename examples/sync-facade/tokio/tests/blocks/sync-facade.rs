//! Makes the module part of a program; Python asks each face, in a loop and without one.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(SYNC_FACADE_DRIVER, None, None))
}

const SYNC_FACADE_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

def raised(function, *arguments):
    try:
        function(*arguments)
    except BaseException as error:
        return str(error)
    raise AssertionError(f'{function} raises nothing')

def caught(item):
    text = raised(_native.price_sync, item)
    assert text.startswith('Cannot start a runtime from within a runtime.'), text
    return 3

async def main():
    assert await _native.price('tea') == _native.price_sync('tea') == 3
    assert await _native.sum_up(['tea'], caught) == 3
    assert await _native.sum_up(['tea', 'milk'], _native.price_anywhere) == 5
    assert await _native.sum_apart(['tea', 'milk'], _native.price_sync) == 5
    assert await _native.price_spawned('milk') == 2

assert _native.price_anywhere('tea') == 3
asyncio.run(main())
";
