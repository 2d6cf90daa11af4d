//! Makes the module part of a program; Python makes a reference cycle through a watcher, and it is collected.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(CLASS_CYCLES_DRIVER, None, None))
}

const CLASS_CYCLES_DRIVER: &std::ffi::CStr = c"
import gc, weakref
import _native

class Reader:
    def __init__(self):
        self.watcher = _native.Watcher()
        self.watcher.on_letter = self.show

    def show(self, letter):
        self.letter = letter

reader = Reader()
reader.watcher.deliver('Tea?')
assert reader.letter == 'Tea?'
seen = weakref.ref(reader)
del reader
gc.collect()
assert seen() is None
";
