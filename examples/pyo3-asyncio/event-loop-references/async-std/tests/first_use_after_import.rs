//! Many threads that use the bridge for the first time at once, after an import of asyncio.

use std::thread;

use pyo3::prelude::*;
use pyo3_asyncio::async_std::run;

#[test]
fn after_an_import_of_asyncio_first_uses_at_once_all_end() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| py.import("asyncio").map(drop))?;
    let threads =
        [(); 16].map(|()| thread::spawn(|| Python::with_gil(|py| run(py, async { Ok("ended") }))));
    for thread in threads {
        assert_eq!(thread.join().expect("no panic")?, "ended");
    }
    Ok(())
}
