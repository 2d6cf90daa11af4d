//! A file of its own, so that no other test has loaded `example` in this process.

use pyo3::ffi::c_str;
use pyo3::prelude::*;

#[test]
fn import_finds_example_only_once_it_is_loaded() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| {
        // Cargo starts a test in the crate's folder: example.py is there, and is not looked for.
        assert!(std::path::Path::new("example.py").is_file());
        let error = py.import("example").expect_err("not on sys.path");
        assert_eq!(
            error.to_string(),
            "ModuleNotFoundError: No module named 'example'"
        );

        let text = c_str!(include_str!("../example.py"));
        let loaded = PyModule::from_code(py, text, c"example.py", c"example")?;
        assert!(py.import("example")?.is(&loaded));
        Ok(())
    })
}
