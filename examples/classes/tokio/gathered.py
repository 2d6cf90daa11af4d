import asyncio
from pathlib import Path

from postbox import open_mailbox


async def main():
    mailbox = await open_mailbox("inbox", create=True)
    Path("inbox", "1.txt").write_bytes(b"Ann\nTea at five?")
    Path("inbox", "2.txt").write_bytes(b"Bob\nI bring milk.")

    first, second = await asyncio.gather(mailbox.read(1, peek=True), mailbox.read(2))
    print(first.text, second.text)
    letters, size = await mailbox.size()
    print(letters, "letters,", size, "bytes")
    print(await mailbox.sizes())
    print("letters read:", mailbox.reads)


asyncio.run(main())
