//! Makes the module part of a program; a document is missing, one is not text, one has a path for a name, and
//! each ends in its class.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(ERROR_CLASSES_DRIVER, None, None))
}

const ERROR_CLASSES_DRIVER: &std::ffi::CStr = c"
import asyncio, pathlib, tempfile
import _native

async def raised(future):
    try:
        await future
    except Exception as error:
        return error
    raise AssertionError('nothing was raised')

async def main(folder):
    pathlib.Path(folder, 'picture').write_bytes(b'\\xff')
    for name in ('letter', '../letter'):
        missing = await raised(_native.read(folder, name))
        assert type(missing) is _native.NotFound and str(missing) == f'no document {name}', missing
    unreadable = await raised(_native.read(folder, 'picture'))
    assert type(unreadable) is _native.Unreadable and type(unreadable.__cause__) is OSError
    both = await raised(_native.read_all(folder, ['letter', 'picture']))
    kinds = [type(error) for error in getattr(both, 'exceptions', [both])]
    assert kinds[0] is _native.NotFound and len(kinds) == 1 + hasattr(both, 'exceptions')

with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(folder))
";
