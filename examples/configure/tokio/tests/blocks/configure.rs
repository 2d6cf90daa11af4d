//! Makes the module part of a program: prices, and feeds that tell of orders.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(CONFIGURE_DRIVER, None, None))
}

const CONFIGURE_DRIVER: &std::ffi::CStr = c"
import asyncio, threading
import _native

async def main():
    assert await _native.price('tea') == 300

asyncio.run(main())
assert _native.price_on_the_one('milk') == _native.price_on_a_new_one('milk') == 200
assert _native.workers() == 2

for kind in (_native.OwnFeed, _native.Feed, _native.DetachedFeed):
    ordered = []
    told = threading.Event()
    def on_order(order):
        ordered.append(order)
        told.set()
    feed = kind(on_order)
    feed.place('tea')
    assert told.wait(60)
    assert ordered == ['tea'], ordered
    if kind is not _native.OwnFeed:
        del feed
";
