"""A mailbox in a folder, read by Rust."""

from os import PathLike
from typing import Union

from ._native import Letter, Mailbox

__all__ = ["Letter", "Mailbox", "open_mailbox"]


# ANCHOR: open_mailbox
async def open_mailbox(folder: Union[str, PathLike[str]], *, create: bool = False) -> Mailbox:
    """Opens the mailbox in `folder`, which is made first if `create` is true."""
    return await Mailbox.open(folder, create=create)
# ANCHOR_END: open_mailbox
