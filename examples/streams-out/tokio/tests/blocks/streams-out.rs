//! Makes the module part of a program; Python reads a stream, cancels a reader, and closes the stream.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(STREAMS_OUT_DRIVER, None, None))
}

const STREAMS_OUT_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def main():
    sensor, readings = _native.channel(1)
    future = readings.ready()
    sensor.send(0)
    sensor.send(1)
    future.cancel()
    await asyncio.sleep(0)
    assert await readings.ready() is True
    assert readings.take(2) == [0, 1]
    await readings.aclose()
    assert await readings.ready() is False

asyncio.run(main())
";
