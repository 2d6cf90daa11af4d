import time

from kiosk import _native


def measure(call, calls=200):
    """How long the calls take, and how many threads they start."""
    call("tea")  # The one runtime starts at its first use.
    before = _native.threads_numbered()
    start = time.perf_counter()
    for _ in range(calls):
        call("tea")
    seconds = time.perf_counter() - start
    return seconds, _native.threads_numbered() - before - 1  # The count itself needs a thread.


# The fastest of five, because it takes no longer than a pause of a busy machine.
one, started_by_one = min(measure(_native.price_on_the_one) for _ in range(5))
new, started_by_new = measure(_native.price_on_a_new_one)
print(f"on the one runtime, 200 calls start {started_by_one} threads")
print(f"with a runtime each, they start {started_by_new}, and take {new / one:.0f} times as long")
