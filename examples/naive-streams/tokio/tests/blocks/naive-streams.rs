//! Makes the module part of a program; Python reads with each kind of iterator, and watches the sensor.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(NAIVE_STREAMS_DRIVER, None, None))
}

const NAIVE_STREAMS_DRIVER: &std::ffi::CStr = c"
import asyncio, time
import _native
from _native import Sensor

async def main():
    try:
        async for _ in _native.Bare(Sensor(3)):
            raise AssertionError('a number was awaited')
    except TypeError as error:
        expected = \"'async for' received an invalid object from __anext__: int\"
        assert str(error) == expected, error
    endless = _native.Endless(Sensor(1))
    assert [await endless.__anext__() for _ in range(3)] == [0, None, None]
    assert [reading async for reading in _native.Simple(Sensor(3))] == [0, 1, 2]
    sensor = Sensor(100)
    simple = _native.Simple(sensor)
    assert await simple.__anext__() == 0
    assert sensor.measuring
    del simple
    while sensor.measuring:
        time.sleep(0)
    assert sensor.sent < 10

asyncio.run(main())
";
