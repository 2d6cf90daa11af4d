import asyncio
import subprocess
import sys
import threading
import time

from exits import rust_sleep

if len(sys.argv) == 1:
    # This process only looks at how another one ends.
    command = [sys.executable, __file__, "crash"]
    code = subprocess.run(command, stderr=subprocess.DEVNULL).returncode
    print("ended by a signal" if code < 0 else f"ended with exit code {code}")
    sys.exit()

main_thread = threading.get_ident()
delivering = threading.Event()
gate = threading.Lock()
gate.acquire()


class Loop(asyncio.SelectorEventLoop):
    def _write_to_self(self):
        """Wake the loop; like the real one, release the GIL meanwhile."""
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
