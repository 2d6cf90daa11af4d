//! A file of its own, so that no other test has loaded `example` in this process.

use pyo3::prelude::*;

#[test]
fn import_finds_example_only_once_it_is_loaded() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| {
        // Cargo starts a test in the crate's folder: example.py is there, and is not looked for.
        assert!(std::path::Path::new("example.py").is_file());
        let error = py.import("example").expect_err("not on sys.path");
        assert_eq!(
            error.to_string(),
            "ModuleNotFoundError: No module named 'example'"
        );

        let text = include_str!("../example.py");
        let loaded = PyModule::from_code(py, text, "example.py", "example")?;
        assert!(py.import("example")?.is(loaded));
        Ok(())
    })
}
