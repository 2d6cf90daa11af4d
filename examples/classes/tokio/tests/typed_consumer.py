"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio
from pathlib import Path

from postbox import Letter, Mailbox, open_mailbox


async def main() -> tuple[str, int, dict[str, int]]:
    mailbox = await asyncio.create_task(open_mailbox(Path("inbox"), create=True))
    same: Mailbox = await Mailbox.open("inbox")
    first, second = await asyncio.gather(mailbox.read(1, peek=True), same.read(2))
    letters, size = await mailbox.size()
    asyncio.create_task(mailbox.read(1))  # type: ignore[arg-type]
    mailbox.read(1, True)  # type: ignore[call-arg]
    first.text = "another"  # type: ignore[misc]
    Mailbox("inbox")  # type: ignore[call-arg]
    seen = {first, second, Letter("Ann", text="Tea at five?")}
    return first.sender, letters + size + mailbox.reads + len(seen), await mailbox.sizes()
