import sys

from exits import _native

attach = _native.attach_in_a_thread
if "try" in sys.argv:
    attach = _native.try_attach_in_a_thread


class AtFinalization:
    def __del__(self, attach=attach):
        attach()


if "before" in sys.argv:
    attach()
sys.modules["last"] = AtFinalization()
