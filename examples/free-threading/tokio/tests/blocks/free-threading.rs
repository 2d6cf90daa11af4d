//! Makes the module part of a program; Python sells seats in it without a deadlock.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(FREE_THREADING_DRIVER, None, None))
}

const FREE_THREADING_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def main():
    show = _native.Show(2)
    assert show.sell() is True
    assert await show.sell_online() is True
    assert await show.sell_online() is False
    show.wait_sold_out()
    show.wait_attached()

    tally = _native.Tally(3)
    assert tally.sell() and tally.sell_atomically() and await tally.sell_online(3) == 1
    assert not tally.sell() and not tally.sell_atomically() and await tally.sell_online_atomically(3) == 0

    till = _native.Till()
    till.take(5)
    assert till.takings == 5

    sales = {}
    _native.count(sales, 'Hamlet')
    _native.count_unlocked(sales, 'Hamlet')
    _native.count_in_section(sales, 'Hamlet')
    assert sales == {'Hamlet': 3}

asyncio.run(main())
";
