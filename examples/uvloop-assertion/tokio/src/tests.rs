//! What the two questions answer, on a loop of uvloop and on one of asyncio.

use super::*;

/// Python's name for the second argument has changed since 3.9.
fn message(py: Python<'_>) -> &'static str {
    if py.version_info() >= (3, 10) {
        "TypeError: isinstance() arg 2 must be a type, a tuple of types, or a union"
    } else {
        "TypeError: isinstance() arg 2 must be a type or tuple of types"
    }
}

/// Runs the test with a new loop of the Python module of this name.
fn with_loop_of(module: &str, test: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<()>) {
    Python::initialize();
    let tested = Python::attach(|py| {
        use_virtual_environment(py)?;
        let event_loop = py.import(module)?.call_method0("new_event_loop")?;
        let tested = test(&event_loop);
        event_loop.call_method0("close")?;
        tested
    });
    tested.expect("Python makes and closes a loop");
}

#[test]
fn the_right_question_says_yes_for_uvloop_and_no_for_asyncio() {
    with_loop_of("uvloop", |event_loop| {
        assert!(is_uvloop(event_loop)?);
        Ok(())
    });
    with_loop_of("asyncio", |event_loop| {
        assert!(!is_uvloop(event_loop)?);
        Ok(())
    });
}

#[test]
fn the_reversed_question_is_a_type_error_on_every_loop() {
    for module in ["uvloop", "asyncio"] {
        with_loop_of(module, |event_loop| {
            let error = is_uvloop_reversed(event_loop).expect_err("the loop is no class");
            assert_eq!(error.to_string(), message(event_loop.py()));
            Ok(())
        });
    }
}
