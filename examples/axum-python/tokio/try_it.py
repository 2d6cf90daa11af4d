"""Starts the given server, sends it requests and then Ctrl-C, and prints how it ended."""

import http.client
import signal
import subprocess
import sys

server = subprocess.Popen(
    sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
)
address = server.stdout.readline().strip().rpartition("/")[2]


def ask(method, path, body=None):
    print(method, path, *filter(None, [body]), flush=True)
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request(method, path, body)
    answer = connection.getresponse()
    print("   ", answer.status, answer.read().decode().rstrip(), flush=True)


ask("GET", "/loop")
ask("GET", "/hello/you")
ask("POST", "/mean", "[1, 2, 6]")
ask("POST", "/mean", '"many"')
ask("POST", "/mean", "[]")

print("GET /slow, and disconnect")
client = http.client.HTTPConnection(address)
client.request("GET", "/slow")
print("   ", server.stdout.readline(), end="")
client.close()
print("   ", server.stdout.readline(), end="")

server.send_signal(signal.SIGINT)
print("^C")
out, error = server.communicate(timeout=60)
print(out, end="")
print("exit code", server.returncode)
log = error.splitlines()
print(f"the log: {log[0]} ... {log[-1]}")
