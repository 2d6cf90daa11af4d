import asyncio

from intake import _native

closed = []


async def prices(name):
    try:
        yield 20
        await asyncio.sleep(3600)
    finally:
        closed.append(name)


async def main():
    for read in (_native.read_v1, _native.read_v2, _native.read):
        reader = read(prices(read.__name__))
        await reader.__anext__()
        await reader.drop()
    while "read" not in closed:
        await asyncio.sleep(0)
    print("closed while the loop runs:", *closed)


asyncio.run(main())
print("closed at its end:", *sorted(closed))
