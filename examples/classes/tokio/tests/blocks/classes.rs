//! Makes the module part of a program; Python opens a mailbox and reads its letters.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(CLASSES_DRIVER, None, None))
}

const CLASSES_DRIVER: &std::ffi::CStr = c"
import asyncio, pathlib, tempfile
import _native

async def main():
    with tempfile.TemporaryDirectory() as folder:
        inbox = pathlib.Path(folder, 'inbox')
        mailbox = await _native.Mailbox.open(inbox, create=True)
        (inbox / '1.txt').write_bytes(b'Ann\\nTea?')
        letters = await asyncio.gather(mailbox.read(1), mailbox.read(1, peek=True))
        assert letters == [_native.Letter('Ann', 'Tea?')] * 2
        assert mailbox.reads == 1
        assert await mailbox.size() == (1, 8)
        assert await mailbox.sizes() == {'1.txt': 8}

asyncio.run(main())
";
