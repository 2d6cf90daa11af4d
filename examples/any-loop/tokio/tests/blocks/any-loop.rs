//! Starts futures for a loop of asyncio: one with a value, one that panics, one whose value and one whose
//! error cannot be converted, and one that is cancelled, which tokio drops.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

use std::future::pending;
use std::sync::mpsc;
use std::time::Duration;

struct Burnt;

impl<'py> IntoPyObject<'py> for Burnt {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, _: Python<'py>) -> PyResult<Self::Output> {
        panic!("burnt");
    }
}

#[pyfunction]
fn baked(schedule: Py<PyAny>, deliver: Py<PyAny>) -> Job {
    start(schedule, deliver, async { Ok("bread") })
}

#[pyfunction]
fn on_fire(schedule: Py<PyAny>, deliver: Py<PyAny>) -> Job {
    start(schedule, deliver, async {
        if true {
            panic!("the oven is on fire")
        } else {
            Ok(1)
        }
    })
}

#[pyfunction]
fn on_fire_again(schedule: Py<PyAny>, deliver: Py<PyAny>) -> Job {
    start(schedule, deliver, async {
        if true {
            panic!("fire number {}", 2)
        } else {
            Ok(1)
        }
    })
}

#[pyfunction]
fn burnt(schedule: Py<PyAny>, deliver: Py<PyAny>) -> Job {
    start(schedule, deliver, async { Ok(Burnt) })
}

/// The arguments of its exception cannot be converted.
#[pyfunction]
fn burnt_label(schedule: Py<PyAny>, deliver: Py<PyAny>) -> Job {
    let error = || pyo3::exceptions::PyValueError::new_err(Burnt);
    start(schedule, deliver, async move { Err::<(), _>(error()) })
}

/// Tells when it is dropped.
struct Dough(mpsc::Sender<()>);

impl Drop for Dough {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[pyfunction]
fn never_baked(py: Python<'_>, schedule: Py<PyAny>, deliver: Py<PyAny>) -> PyResult<()> {
    let (sender, dropped) = mpsc::channel();
    let dough = Dough(sender);
    let job = start(schedule, deliver, async move {
        let _dough = dough;
        pending::<PyResult<()>>().await
    });
    assert!(dropped.try_recv().is_err());
    Bound::new(py, job)?.call_method0("cancel")?;
    // Its thread needs no GIL.
    dropped
        .recv_timeout(Duration::from_secs(60))
        .expect("tokio drops it");
    Ok(())
}

#[pymodule]
mod driver {
    #[pymodule_export]
    use super::{baked, burnt, burnt_label, never_baked, on_fire, on_fire_again};
}

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(driver);
    Python::initialize();
    Python::attach(|py| py.run(JOB_DRIVER, None, None))
}

const JOB_DRIVER: &std::ffi::CStr = c"
import asyncio
import driver

async def main():
    loop = asyncio.get_running_loop()

    async def end_of(start):
        ended = loop.create_future()
        start(loop.call_soon_threadsafe, lambda *result: ended.set_result(result))
        return await asyncio.wait_for(ended, 60)

    assert await end_of(driver.baked) == ('bread', None)
    for start, text in (
        (driver.on_fire, 'the oven is on fire'),
        (driver.on_fire_again, 'fire number 2'),
        (driver.burnt, 'burnt'),
        (driver.burnt_label, 'burnt'),
    ):
        value, error = await end_of(start)
        assert (value, type(error).__name__, str(error)) == (None, 'PanicException', text), error
        assert not isinstance(error, Exception)
    calls = []
    driver.never_baked(loop.call_soon_threadsafe, lambda *result: calls.append(result))
    await end_of(driver.baked)
    assert calls == []

asyncio.run(main())
";
