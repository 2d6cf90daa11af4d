"""One module has the blocks of five pages, and one event loop awaits all of them at once."""

import asyncio

import pytest
from clean_exits import assert_clean_exits
from mixed import _native


async def answer(reader, writer):
    question = await reader.readline()
    writer.write(b"the answer to " + question)
    await writer.drain()
    writer.close()


async def main(folder):
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    answers = await asyncio.gather(
        _native.rust_sleep(0.01),
        _native.await_coro(asyncio.sleep(0, "tea")),
        _native.ask(port, "why"),
        _native.query(port),
        _native.read(folder, "note"),
        _native.pick(["a", "b"], 1),
        _native.pick_polled(["a", "b"], 1),
        _native.read(folder, "nothing"),
        _native.pick([], 0),
        return_exceptions=True,
    )
    server.close()
    return answers


def test_blocks_of_five_pages_are_awaited_together_in_one_module(tmp_path):
    (tmp_path / "note").write_text("text")
    *answers, not_found, panic = asyncio.run(main(tmp_path))
    assert answers == [
        None,
        "tea",
        "the answer to why",
        "the answer to question",
        "text",
        "b",
        "b",
    ]
    assert (type(not_found).__name__, str(not_found)) == ("NotFound", "no document nothing")
    assert type(panic).__name__ == "RustPanic"


EXIT = """
import asyncio
from mixed import _native

async def main():
    asyncio.ensure_future(_native.rust_sleep(60))
    await _native.await_coro(asyncio.sleep(0))
    reads = [_native.read("folder", "nothing") for _ in range(8)]
    assert len(await asyncio.gather(*reads, return_exceptions=True)) == 8

asyncio.run(main())
"""


def test_every_exit_is_clean():
    assert_clean_exits(EXIT)


def test_await_coro_still_refuses_what_is_no_awaitable():
    async def wrong():
        await _native.await_coro(print)

    with pytest.raises(TypeError, match="^an awaitable was expected, got <built-in function print>$"):
        asyncio.run(wrong())
