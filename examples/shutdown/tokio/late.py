import asyncio
import os
import sys
import tempfile
import threading

from journal import _native

shown = threading.Event()


def hook(*error):
    sys.__excepthook__(*error)
    shown.set()


sys.excepthook = hook

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "pipe")
    os.mkfifo(path)  # Rust can write once it has a reader.

    async def main():
        journal = _native.Journal(path)
        await journal.write("one line")
        journal.close()  # The mistake: it is not awaited.

    asyncio.run(main())
    print("asyncio.run has returned", flush=True)
    with open(path) as pipe:
        written = pipe.read()
    shown.wait()

sys.exit(f"written: {written.strip()}")
