import asyncio
from pathlib import Path

from postbox import open_mailbox


async def main():
    mailbox = await open_mailbox("inbox", create=True)
    Path("inbox", "1.txt").write_bytes(b"Ann\nTea at five?")
    letter = await mailbox.read(1)
    print(letter.sender, "writes:", letter.text)
    print("letters read:", mailbox.reads)


asyncio.run(main())
