import asyncio

from relay import _native


async def price_of(text):
    raise LookupError(f"no price in {text!r}")


async def main():
    report = await _native.report(price_of("twelve"))
    print("Rust can log:", *report.splitlines()[1:], sep="\n")


asyncio.run(main())
