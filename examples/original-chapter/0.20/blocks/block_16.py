RuntimeError: cannot reuse already awaited coroutine
