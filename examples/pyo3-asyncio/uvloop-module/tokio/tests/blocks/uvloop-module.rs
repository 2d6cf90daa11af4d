//! Makes the module part of a program and awaits its `rust_sleep` on uvloop. The tools with uvloop are in the
//! virtual environment that `VIRTUAL_ENV` names.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| py.run(UVLOOP_MODULE_DRIVER, None, None))
}

const UVLOOP_MODULE_DRIVER: &str = "
import asyncio, os, site, sysconfig
base = {'base': os.environ['VIRTUAL_ENV']}
site.addsitedir(sysconfig.get_path('purelib', 'posix_prefix', base))
import uvloop
import _native

async def main():
    assert await _native.rust_sleep(0) is None
    assert isinstance(asyncio.get_running_loop(), uvloop.Loop)

uvloop.run(main())
";
