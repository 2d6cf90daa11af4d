"""`mypy --strict` passes this file only while the stub says what the module does."""

import wrong_thread as wrong


async def main(address: str) -> None:
    dish: str = await wrong.cook_local("soup") + await wrong.cook_in_set("soup")
    price: int = await wrong.price_polled("tea") + wrong.price_with_own_loop("tea")
    price += await wrong.price("tea")
    wrong.price_ahead("tea")
    baskets: tuple[wrong.Basket, wrong.EnteredBasket] = (wrong.Basket("tea"), wrong.EnteredBasket("tea"))
    lines: int = await wrong.on_loop(address) + await wrong.in_future(address)
    lines += await wrong.on_blocking_thread(address)
    print(dish, price, lines, baskets)
