import warnings

from closing_mistakes import WithDel, WithDrop


class Subclass(WithDel):
    pass


warnings.simplefilter("default")
print("__del__ in Rust", flush=True)
unclosed = WithDel()
del unclosed
print("__del__ in Rust, a subclass in Python", flush=True)
unclosed = Subclass()
del unclosed
print("Drop", flush=True)
unclosed = WithDrop()
del unclosed
