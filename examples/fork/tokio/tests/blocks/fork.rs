//! Makes the module part of a program; Python counts the same in the parent, in a child of a fork, and where the
//! guard is.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(FORK_DRIVER, None, None))
}

const FORK_DRIVER: &std::ffi::CStr = c"
import asyncio, os, warnings
import _native

async def main(function):
    return await asyncio.wait_for(function(os.devnull), 60)

def fork(child):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = child()
        finally:
            os._exit(code)
    return os.WEXITSTATUS(os.waitpid(pid, 0)[1])

def guarded():
    try:
        asyncio.run(main(_native.count_guarded))
    except RuntimeError as error:
        assert str(error).startswith('this process was forked'), error
        return 7

for function in (_native.count, _native.count_guarded, _native.count_on_bridge):
    assert asyncio.run(main(function)) == 0
if hasattr(os, 'fork'):
    assert fork(lambda: 5 + asyncio.run(main(_native.count))) == 5
    assert fork(guarded) == 7
";
