import asyncio
import atexit
import sys
import threading

say = print


async def leftover():
    try:
        await asyncio.Future()
    finally:
        say("asyncio.run cancels the remaining task")


async def main():
    asyncio.ensure_future(leftover())
    await asyncio.sleep(0)
    say("main returns")
    return asyncio.get_running_loop()


def thread():
    threading.main_thread().join()
    say("Python waits for a non-daemon thread")


class AtFinalization:
    def __del__(self, finalizing=sys.is_finalizing, say=print):
        say("the modules are cleared; is Python finalizing?", finalizing())


atexit.register(say, "atexit: registered before the import of the module")
import journal  # noqa: E402, F401

atexit.register(say, "atexit: registered after the import")

threading.Thread(target=thread).start()
loop = asyncio.run(main())
say("asyncio.run has returned; is the loop closed?", loop.is_closed())
sys.modules["last"] = AtFinalization()
say("the last line of the script")
