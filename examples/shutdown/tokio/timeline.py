import asyncio
import atexit
import sys
import threading

say = print


async def leftover():
    try:
        await asyncio.Future()
    finally:
        say("asyncio.run cancels the task that is left")


async def main():
    asyncio.ensure_future(leftover())
    await asyncio.sleep(0)
    say("main returns")
    return asyncio.get_running_loop()


def thread():
    threading.main_thread().join()
    say("Python waits for a thread that is no daemon")


class AtFinalization:
    def __del__(self, finalizing=sys.is_finalizing, say=print):
        say("the modules go; is Python finalizing?", finalizing())


atexit.register(say, "atexit: what was registered before the import of the module")
import journal  # noqa: E402, F401

atexit.register(say, "atexit: what was registered after it")

threading.Thread(target=thread).start()
loop = asyncio.run(main())
say("asyncio.run has returned; is the loop closed?", loop.is_closed())
sys.modules["last"] = AtFinalization()
say("the last line of the script")
