import asyncio
import tempfile
from pathlib import Path

import archive


async def main(folder):
    (folder / "picture").write_bytes(b"\xff")
    for name in ("letter", "picture"):
        try:
            await archive.read(folder, name)
        except archive.DocumentError as error:
            print(f"{type(error).__name__}: {error}; cause: {error.__cause__!r}")


with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(Path(folder)))
