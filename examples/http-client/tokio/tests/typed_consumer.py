"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from courier import Session, _native


async def main() -> None:
    async with Session("http://127.0.0.1") as session:
        async with await session.get("/", timeout=1) as response:
            sizes = [len(chunk) async for chunk in response]
            print(response.status, response.headers["date"], sum(sizes))
    native = _native.Session("http://127.0.0.1", 1, 1)
    answer = await native.request("GET", "/", [], None, None)
    status: int = answer.status
    print(status, answer.headers[0][1].upper())
    if (chunk := await answer.chunk()) is not None:
        print(chunk.decode() + (await answer.read()).decode())
    asyncio.create_task(native.close())  # type: ignore[arg-type]
