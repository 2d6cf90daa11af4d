"""On PYTHONPATH, it makes uvloop's event loops the default ones of every Python that starts."""

import asyncio
import warnings

try:
    import uvloop
except ImportError as error:
    # uvloop itself cannot be loaded into a second interpreter of a process: that one has asyncio's loops.
    if "interpreter" not in str(error):
        raise
else:
    with warnings.catch_warnings():
        # Python 3.14 says that the policy system goes in 3.16.
        warnings.simplefilter("ignore", DeprecationWarning)
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
