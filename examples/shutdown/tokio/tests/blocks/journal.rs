//! Makes the module part of a program; Python closes a journal, and reads what is in its file.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(JOURNAL_DRIVER, None, None))
}

const JOURNAL_DRIVER: &std::ffi::CStr = c"
import asyncio, os, tempfile
import _native

async def main(path):
    journal = _native.Journal(path)
    await journal.write('one line')
    assert await journal.close() is None
    with open(path) as file:
        assert file.read() == 'one line\\n'
    try:
        await journal.write('another')
    except ValueError as error:
        assert str(error) == 'the journal is closed', error
    else:
        raise AssertionError('a closed journal took a line')

with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(os.path.join(folder, 'journal')))
";
