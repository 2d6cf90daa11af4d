from printshop import _native

kept = {}


async def test_leaves_a_future(tmp_path):
    press = _native.Press(tmp_path / "orders.txt")
    kept["printing"] = press.print("menu", 3600)


async def test_awaits_the_future_of_another_test():
    assert await kept["printing"] == "menu is printed"
