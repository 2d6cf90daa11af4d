import asyncio

from relay import _native


async def price_of(text):
    try:
        return int(text)
    except ValueError as error:
        raise LookupError(f"no price in {text!r}") from error


async def main():
    await _native.relay_text(price_of("twelve"))


asyncio.run(main())
