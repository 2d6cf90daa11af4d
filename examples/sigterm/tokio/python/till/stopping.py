"""Runs a script again, sends it SIGTERM once it serves, and prints how it ended."""

import http.client
import os
import re
import subprocess
import sys
from pathlib import Path


def send_sigterm() -> None:
    """Returns at once in the child; in the parent, prints the outcome and exits."""
    if "STOPPED" in os.environ:
        return
    script = subprocess.Popen(
        [sys.executable, *sys.argv],
        env={**os.environ, "STOPPED": "yes"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert script.stdout is not None
    for line in script.stdout:
        print(line, end="")
        server = re.search("running on http://([0-9.:]+)", line)
        if server:
            client = http.client.HTTPConnection(server[1])
            client.request("POST", "/coffee")
            client.getresponse().read()
            client.close()
        if server or line == "serving\n":
            script.terminate()
    print("exit code", script.wait())
    print("sales.txt:", Path("sales.txt").read_text().splitlines())
    sys.exit()
