import asyncio
import sys
import threading
import time

from exits import rust_sleep

main_thread = threading.get_ident()
delivering = threading.Event()
gate = threading.Lock()
gate.acquire()


class Loop(asyncio.SelectorEventLoop):
    def _write_to_self(self):
        """Wake the loop; like the real one, let go of the interpreter meanwhile."""
        super()._write_to_self()
        if threading.get_ident() != main_thread:
            delivering.set()
            gate.acquire()


class AtFinalization:
    def __del__(self, come_back=gate.release, sleep=time.sleep):
        come_back()
        sleep(5)


Loop().run_until_complete(rust_sleep(0))
delivering.wait()
print("the work is done", flush=True)
# Python drops its modules while it finalizes, after every `atexit` function.
sys.modules["last"] = AtFinalization()
