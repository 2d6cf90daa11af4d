import signal
import subprocess
import sys

PROGRAM = """
import asyncio, aborting

try:
    asyncio.run(aborting.pick(["tea", "milk"], 7))
except BaseException as error:
    print("caught", error)
finally:
    print("cleaned up")
"""

ended = subprocess.run([sys.executable, "-c", PROGRAM])
print("ended by", signal.Signals(-ended.returncode).name)
