import asyncio
import os
import tempfile

from journal import Journal


async def without(path):
    journal = Journal(path)
    for number in range(100):
        await journal.write(f"line {number}")
    return journal


async def with_block(path):
    async with Journal(path) as journal:
        for number in range(100):
            await journal.write(f"line {number}")


def lines(path):
    try:
        with open(path) as file:
            return len(file.readlines())
    except FileNotFoundError:
        return 0


with tempfile.TemporaryDirectory() as folder:
    kept = asyncio.run(without(os.path.join(folder, "open")))
    print("without close:", lines(os.path.join(folder, "open")), "of 100 lines")
    asyncio.run(with_block(os.path.join(folder, "closed")))
    print("with async with:", lines(os.path.join(folder, "closed")), "of 100 lines")
