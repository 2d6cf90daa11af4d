//! Makes the module part of a program; Python gets the same rates from each function.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(PATTERNS_DRIVER, None, None))
}

const PATTERNS_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def main():
    codes = list(range(100))
    rates = [2 * code + 1 for code in codes]
    for one in _native.bridged, _native.bridged_ready, _native.ready, _native.in_task, _native.fetch:
        assert [await one(code) for code in codes] == rates, one
    for many in _native.bridged_many, _native.attach_each:
        assert await many(codes) == rates, many
    assert [_native.cached(code) for code in codes + [100]] == rates + [None]

asyncio.run(main())
";
