//! `uvloop-assertion-right` and `uvloop-assertion-reversed`: two ways to ask whether a loop is uvloop's. The
//! first must say yes, the second must fail as its page says.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

use pyo3::prelude::*;

// BLOCK

fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| {
        let event_loop = uvloop(py)?.call_method0("new_event_loop")?;
        assert!(is_uvloop(&event_loop)?);
        event_loop.call_method0("close").map(drop)
    })
}

fn uvloop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.run(FIND_UVLOOP, None, None)?;
    Ok(py.import("uvloop")?.into_any())
}

const FIND_UVLOOP: &std::ffi::CStr = c"
import os, site, sysconfig
base = {'base': os.environ['VIRTUAL_ENV']}
site.addsitedir(sysconfig.get_path('purelib', 'posix_prefix', base))
";
