//! The module's functions and methods return what their names say.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(send_static);
    Python::initialize();
    Python::attach(|py| py.run(SEND_STATIC_DRIVER, None, None))
}

const SEND_STATIC_DRIVER: &std::ffi::CStr = c"
import asyncio
import send_static

async def main():
    assert await send_static.call_later(lambda: 'called') == 'called'
    assert await send_static.ask() == 'slept'
    assert await send_static.greet('Ferris') == 'Hello, Ferris!'
    assert await send_static.Counter().add(2) == 2
    assert await send_static.Log().write('a line') == 1
    assert await send_static.Visitors().enter('Ferris') == 1
    assert await send_static.count(3) == [1, 2, 3]

asyncio.run(main())
";
