//! Makes the module part of a program; what is taken is logged, and a new level counts after a reset.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

mod parts {
    pub fn log() {
        log::info!("of a submodule");
    }
}

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(LOGGING_TRACING_DRIVER, None, None))?;
    tracing::trace!("traced");
    debug!("debugged");
    parts::log();
    Python::attach(|py| py.run(LOGGING_TRACING_LEVELS, None, None))?;
    let error = log_to_python().err().expect("there is a logger already");
    assert!(error
        .to_string()
        .starts_with("RuntimeError: cannot log to Python: "));
    Ok(())
}

const LOGGING_TRACING_LEVELS: &std::ffi::CStr = c"
assert texts == ['debugged', 'of a submodule'], texts
assert names[-1] == names[-2] + '.parts', names
";

const LOGGING_TRACING_DRIVER: &std::ffi::CStr = c"
import asyncio, logging
import _native

texts, names = [], []

class Keep(logging.Handler):
    def emit(self, record):
        texts.append(record.getMessage())
        names.append(record.name)

logging.getLogger().addHandler(Keep())

async def main():
    stock = _native.Stock(10)
    assert await stock.take(3) == stock.left == 7
    assert texts == []
    logging.getLogger().setLevel(logging.INFO)
    _native.reset_logging()
    assert await stock.take(2) == 5
    assert texts == ['taken count=2 left=5'], texts
    try:
        await stock.take(6)
    except ValueError as error:
        assert str(error) == '6 wanted, 5 left', error
    else:
        raise AssertionError('more were taken than there are')

asyncio.run(main())
texts.clear()
logging.getLogger().setLevel(1)
_native.reset_logging()
";
