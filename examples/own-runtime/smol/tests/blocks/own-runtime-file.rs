//! A module on smol: results, a panic and context variables reach Python, until the runtime is stopped.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

mod runtime {
    // BLOCK
}

#[pyo3::pymodule]
mod _native {
    use crate::runtime::Smol;
    use pyo3::prelude::*;
    use pyo3_async_runtimes::generic::{future_into_py, into_future};

    #[pyfunction]
    fn forty_two(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        future_into_py::<Smol, _, _>(py, async { Ok(42) })
    }

    #[pyfunction]
    fn panics(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        future_into_py::<Smol, _, ()>(py, async { panic!("in the driver") })
    }

    #[pyfunction]
    fn relay(py: Python<'_>, awaitable: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
        future_into_py::<Smol, _, _>(py, async {
            Python::attach(|py| into_future::<Smol>(awaitable.into_bound(py)))?.await
        })
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(OWN_RUNTIME_FILE_DRIVER, None, None))
}

const OWN_RUNTIME_FILE_DRIVER: &std::ffi::CStr = c"
import asyncio, atexit, contextvars, time
import _native

name = contextvars.ContextVar('name')

async def read():
    return name.get()

async def main():
    assert await asyncio.gather(*(_native.forty_two() for _ in range(100))) == [42] * 100
    name.set('mail')
    assert await _native.relay(read()) == 'mail'
    try:
        await _native.panics()
    except Exception as error:
        assert str(error) == 'rust future panicked: unknown error', error
    else:
        raise AssertionError('no panic')

async def after():
    done, pending = await asyncio.wait([_native.forty_two()], timeout=0.5)
    assert not done and len(pending) == 1

asyncio.run(main())
start = time.monotonic()
atexit._run_exitfuncs()
assert time.monotonic() - start < 20
asyncio.run(after())
";
