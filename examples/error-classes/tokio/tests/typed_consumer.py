"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio
from pathlib import Path

from archive import DocumentError, NotFound, Unreadable, _native


async def main(folder: Path) -> list[str]:
    asyncio.create_task(_native.read(folder, "note"))  # type: ignore[arg-type]
    errors: list[type[DocumentError]] = [NotFound, Unreadable]
    texts = [await _native.read(folder, "note"), str(errors)]
    return texts + await _native.read_all(str(folder), ["note"])
