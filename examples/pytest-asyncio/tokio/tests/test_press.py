"""What the press does with orders, a test for each sentence."""

import asyncio

import pytest
from printshop import Press


# ANCHOR: printed
async def test_an_order_is_printed(press):
    assert await press.print("menu") == "menu is printed"
# ANCHOR_END: printed


async def test_an_order_waits_for_the_one_that_is_printed(press):
    poster = asyncio.ensure_future(press.print("poster", seconds=3600))
    # Which of two orders comes first to the press isn't fixed, so ask until one has to wait.
    with pytest.raises(asyncio.TimeoutError):
        while True:
            await asyncio.wait_for(press.print("menu"), 0.5)
    assert not poster.done()
    poster.cancel()
    with pytest.raises(asyncio.CancelledError):
        await poster
    assert await press.print("menu") == "menu is printed"


async def test_two_orders_at_once_are_both_printed(tmp_path):
    async with Press(tmp_path / "orders.txt") as press:
        await asyncio.gather(press.print("menu", seconds=0.05), press.print("poster"))
    assert sorted((tmp_path / "orders.txt").read_text().splitlines()) == ["menu", "poster"]


async def test_a_timeout_frees_the_press(press):
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(press.print("poster", seconds=3600), 0.05)
    assert await press.print("menu") == "menu is printed"


async def test_a_closed_press_takes_no_order(tmp_path):
    press = Press(tmp_path / "orders.txt")
    await press.close()
    with pytest.raises(ValueError, match="^the press is closed$"):
        await press.print("menu")


async def test_a_negative_time_raises_value_error(press):
    with pytest.raises(ValueError, match="value is negative$"):
        await press.print("menu", seconds=-1)
