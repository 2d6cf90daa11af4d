"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from bakery import UnknownBread, _native, bake, free_places


async def main() -> None:
    loaf: str = await bake("rye", 0.1)
    places: int = free_places()
    loaf = await _native.bake_in_asyncio("rye", 0.1)
    loaf = _native.bake_blocking("rye", 0.1)
    loop = asyncio.get_running_loop()
    job = _native.bake(loop.call_soon_threadsafe, print, "rye", 0.1)
    job.cancel()
    error: LookupError = UnknownBread(f"{loaf} {places}")
    asyncio.create_task(_native.bake_in_asyncio("rye", 0.1))  # type: ignore[arg-type]
    _native.Job()  # type: ignore[call-arg]
    _native.bake("rye", 0.1)  # type: ignore[call-arg, arg-type]
    raise error
