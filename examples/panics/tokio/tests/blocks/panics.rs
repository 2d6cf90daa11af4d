//! Makes the module part of a program; Python sees which class each panic arrives as.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(PANICS_DRIVER, None, None))
}

const PANICS_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

OUT_OF_BOUNDS = 'index out of bounds: the len is 1 but the index is 7'

async def told(expected, function, *arguments):
    try:
        await function(*arguments)
    except expected as error:
        return str(error)
    raise AssertionError(f'{function} does not panic')

async def main():
    assert issubclass(_native.RustPanic, Exception)
    assert not issubclass(_native.PanicException, Exception)
    lost = 'rust future panicked: unknown error'
    assert await told(_native.RustPanic, _native.pick, ['tea'], 7) == lost
    assert await told(_native.RustPanic, _native.panicked, '&str') == lost
    assert await told(_native.PanicException, _native.pick_polled, ['tea'], 7) == OUT_OF_BOUNDS
    assert await told(_native.PanicException, _native.pick_now, ['tea'], 7) == OUT_OF_BOUNDS
    text = await told(_native.RustPanic, _native.panicked_caught, 'String')
    assert text.startswith('nothing to pick in String at '), text
    text = await told(_native.RustPanic, _native.pick_in_time, ['tea'], 7)
    assert text.startswith(OUT_OF_BOUNDS + ' at '), text
    assert await told(IndexError, _native.pick_checked, ['tea'], 7) == 'no item 7'
    late = _native.pick_late(['tea'], 7)
    assert await asyncio.wait([late], timeout=1) == (set(), {late})
    late.cancel()
    assert await _native.pick_late(['tea'], 0) == 'tea'
    assert await _native.pass_on(asyncio.sleep(0, 'tea')) == 'tea'

asyncio.run(main())
";
