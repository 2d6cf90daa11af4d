"""`mypy --strict` passes this file only while the stub says what the module does."""

from contextvars import ContextVar

from call_listeners import call_here, call_on_loop, call_without_loop, trace


async def on_price(price: int) -> str:
    return str(price)


def tell(price: int) -> str:
    return str(price)


async def main(request: ContextVar[str]) -> str:
    await call_on_loop(tell)
    await call_without_loop(tell)  # type: ignore[arg-type]
    first: str = await call_without_loop(on_price)
    second: str = await call_here(tell)
    return first + second + "".join(await trace(request))
