//! Makes the module part of a program; Python calls in each way, one by one and at once.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(CROSSING_COST_DRIVER, None, None))
}

const CROSSING_COST_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

WAYS = ['bridge', 'bridge_hop', 'bridge_async_std', 'polled', 'polled_twice', 'polled_worker']
WAYS += ['polled_later', 'polled_spawned', 'done', 'on_loop', 'from_thread']
called = []

async def main():
    for way in WAYS:
        call = getattr(_native, way)
        assert await call() is None
        assert await asyncio.gather(*[call() for _ in range(20)]) == 20 * [None]
    await _native.attach_each(lambda: called.append(1), 3)
    await _native.attach_once(lambda: called.append(2), 3)
    assert called == [1, 1, 1, 2, 2, 2]
    assert [item async for item in _native.Items(3)] == [2, 1, 0]

asyncio.run(main())
";
