import subprocess
import sys

run = subprocess.run([sys.executable, *sys.argv[1:]], stderr=subprocess.DEVNULL)
crashed = run.returncode < 0
print("ended by a signal" if crashed else f"ended with exit code {run.returncode}")
