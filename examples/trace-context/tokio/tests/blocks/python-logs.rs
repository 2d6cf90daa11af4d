//! Events become records, and their fields attributes, on a thread that Python does not know.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

mod parts {
    pub fn log() {
        tracing::info!("of a submodule");
    }
}

use tracing_subscriber::prelude::*;

fn main() -> PyResult<()> {
    Python::initialize();
    tracing_subscriber::registry().with(PythonLogs).init();
    Python::attach(|py| py.run(KEEP, None, None))?;
    let thread = thread::Builder::new().name("packer".to_owned()).spawn(|| {
        tracing::info!(
            order = 7,
            name = "tea",
            fee = 0.5,
            gift = true,
            weight = u64::MAX,
            total = i128::MAX,
            taken = ?Some(1),
            asctime = %7,
            "shipped {}",
            1
        );
        parts::log();
        tracing::trace!("no record");
    });
    thread.expect("there are threads").join().expect("no panic");
    Python::attach(|py| py.run(COMPARE, None, None))
}

const KEEP: &std::ffi::CStr = c"
import logging

records = []

class Keep(logging.Handler):
    def emit(self, record):
        records.append(record)

logging.basicConfig(level=logging.INFO, handlers=[Keep()])
";

const COMPARE: &std::ffi::CStr = c"
[record, other] = records
fields = record.order, record.name_, record.fee, record.gift
assert fields == (7, 'tea', 0.5, True), fields
assert (record.getMessage(), record.levelname, record.threadName) == ('shipped 1', 'INFO', 'packer')
numbers = record.weight, record.total, record.taken, record.asctime_
assert numbers == (2**64 - 1, str(2**127 - 1), 'Some(1)', '7'), numbers
assert other.name == record.name + '.parts', other.name
";
