//! Makes the module part of a program; a carrier writes its bookings when it is closed, and tells its listeners.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

// The crate's edition has it in the prelude.
use std::future::Future;

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(CARRIER_DRIVER, None, None))
}

const CARRIER_DRIVER: &std::ffi::CStr = c"
import asyncio, os, tempfile
import _native

def booked(path):
    with open(path) as file:
        return file.read()

async def main(path):
    carrier = _native.Carrier(path)
    bookings = carrier.bookings()
    assert carrier.listeners == 1
    await carrier.book('tea')
    carrier.book_sync('coffee')
    assert [await bookings.next(), await bookings.next()] == ['tea', 'coffee']
    assert booked(path) == ''
    assert await carrier.close() is None
    assert booked(path) == 'tea\\ncoffee\\n'
    try:
        await carrier.book('tea')
    except ValueError as error:
        assert str(error) == 'the carrier is closed', error
    else:
        raise AssertionError('a closed carrier took a booking')

with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(os.path.join(folder, 'parcels')))
";
