"""Serves an app with uvicorn, books a parcel, sends SIGTERM, and shows what is in the file then."""

import http.client
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def book_and_stop(app: str, folder: str) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", app, "--port", "0"],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stderr is not None  # It is a pipe.
        for line in server.stderr:
            running = re.search("running on http://([0-9.:]+)", line)
            if running:
                client = http.client.HTTPConnection(running[1])
                client.request("POST", "/parcels/tea")
                print("answer:", client.getresponse().read().decode())
                client.close()
                server.terminate()
        print("exit code:", server.wait())
    finally:
        server.kill()
    print("parcels.txt:", Path(folder, "parcels.txt").read_text().split())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        book_and_stop(sys.argv[1], folder)
