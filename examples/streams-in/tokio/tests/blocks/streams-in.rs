//! Makes the module part of a program; Rust reads an async generator to its end, to its error, and not to its
//! end.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(STREAMS_IN_DRIVER, None, None))
}

const STREAMS_IN_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def numbers(log, last):
    try:
        yield 20
        yield 10
        if last is None:
            raise ValueError('no third')
        yield last
        await asyncio.sleep(3600)
    finally:
        log.append('closed')

async def failure(awaitable):
    try:
        await awaitable
    except (TypeError, ValueError) as error:
        return type(error)

async def main():
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    log = []
    assert await _native.total_v2(numbers(log, None)) == 30
    assert await failure(_native.total(numbers(log, None))) is ValueError
    assert await failure(_native.total(numbers(log, 'three'))) is TypeError
    assert log == ['closed', 'closed', 'closed'], log
    reader = _native.read(numbers(log, 5))
    assert [await reader.__anext__() for _ in range(3)] == [20, 10, 5]
    await reader.drop()
    while len(log) < 4:
        await asyncio.sleep(0)

asyncio.run(main())
";
