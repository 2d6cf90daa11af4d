import asyncio
import tempfile
from pathlib import Path

import archive


async def main(folder):
    (folder / "picture").write_bytes(b"\xff")
    (folder / "note").write_text("buy tea")
    try:
        await archive.read_all(folder, ["letter", "note", "picture"])
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
        for one in getattr(error, "exceptions", []):
            print(f"- {type(one).__name__}: {one}")


with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(Path(folder)))
