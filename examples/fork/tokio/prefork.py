import asyncio
import os
import sys
import warnings

from counting import count


async def work(number):
    lines = await asyncio.gather(*(count(__file__) for _ in range(10)))
    # In one piece, since four processes write.
    print(f"worker {number} has counted {sum(lines)} lines\n", end="", flush=True)


# Python 3.12 and newer see threads, and cannot know that no child needs them.
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)

asyncio.run(count(__file__))  # The application is loaded before the fork, and awaits.
workers = []
for number in range(4):
    worker = os.fork()
    if worker == 0:
        asyncio.run(work(number))
        sys.exit()
    workers.append(worker)

print("they ended with", [os.waitpid(worker, 0)[1] for worker in workers])
