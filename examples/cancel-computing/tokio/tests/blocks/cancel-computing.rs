//! Makes the module part of a program; Python cancels a computation that yields and one on a blocking thread.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(CANCEL_COMPUTING_DRIVER, None, None))
}

const CANCEL_COMPUTING_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def main():
    for start in (lambda p: _native.primes(p, 2**62, True), lambda p: _native.primes_in_thread(p, 2**62)):
        progress = _native.Progress()
        future = start(progress)
        while not progress.numbers:
            await asyncio.sleep(0)
        future.cancel()
        while progress.running:
            await asyncio.sleep(0)
    assert await _native.primes(_native.Progress(), 1000, False) == 168

asyncio.run(main())
";
