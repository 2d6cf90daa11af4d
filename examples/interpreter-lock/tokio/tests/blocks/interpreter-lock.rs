//! Makes the module part of a program; Python books and sums where nothing deadlocks.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(INTERPRETER_LOCK_DRIVER, None, None))
}

const INTERPRETER_LOCK_DRIVER: &std::ffi::CStr = c"
import asyncio, os
os.environ['TOKIO_WORKER_THREADS'] = '1'
import _native

told = []

async def main():
    assert _native.book_inline(1, told.append) == 1
    assert _native.book_detached(1, told.append) == 2
    assert await _native.book_locked(1, told.append) == 3
    assert await _native.book_on_thread(1, told.append) == 4
    assert await _native.book_silently(1) == 5
    assert await _native.book_on_worker(1, told.append) == 6
    assert told == [1, 2, 3, 4, 6]
    assert _native.total() == _native.total_attached() == 6
    assert _native.sum_detached([1, 2, 3]) == 6
    try:
        _native.book_inline(2**63 - 1, print)
    except OverflowError as error:
        assert str(error) == 'the total is too large', error
    else:
        raise AssertionError('the total overflowed')

asyncio.run(main())
";
