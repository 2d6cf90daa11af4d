//! Makes the module part of a program; a handle that cancels its task keeps Python waiting, and smol does not.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(RUNTIME_MISTAKES_DRIVER, None, None))
}

const RUNTIME_MISTAKES_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def main():
    lost, kept = _native.sleep('CancelsOnDrop', 0.2), _native.sleep('Smol', 0.2)
    assert await kept is None
    done, _ = await asyncio.wait([lost], timeout=0.5)
    assert not done

asyncio.run(main())
";
