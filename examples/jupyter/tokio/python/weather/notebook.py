"""Lets Interrupt end a cell that awaits."""

import asyncio
import signal


def wake_on_interrupt() -> None:
    """Let Interrupt end a cell at once, although it awaits. To be called in a cell.

    Raises RuntimeError where no event loop runs, RuntimeError or (on uvloop) ValueError off the
    main thread, and AttributeError on Windows.
    """
    # With a handler for any signal, asyncio lets every signal wake its event loop. SIGURG is one
    # that a process ignores anyway.
    asyncio.get_running_loop().add_signal_handler(signal.SIGURG, lambda: None)
