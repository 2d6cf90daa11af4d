"""Lets Interrupt end a cell that awaits."""

import asyncio
import signal


def wake_on_interrupt() -> None:
    """Let Interrupt end a cell at once, although it awaits. To be called in a cell.

    Raises RuntimeError where no event loop runs, RuntimeError or (on uvloop) ValueError off the
    main thread, and AttributeError on Windows.
    """
    # This sets a wakeup fd, through which each signal that has a Python handler wakes the event
    # loop: SIGINT too, by ipykernel's. SIGURG is one that a process ignores anyway.
    asyncio.get_running_loop().add_signal_handler(signal.SIGURG, lambda: None)
