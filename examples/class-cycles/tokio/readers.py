import gc

from class_cycles import Watcher, WithoutTraverse


class Reader:
    def __init__(self, watcher):
        self.watcher = watcher
        watcher.on_letter = self.show

    def show(self, letter):
        print(letter)


for kind in Watcher, WithoutTraverse:
    for _ in range(100):
        Reader(kind())
    gc.collect()
    alive = [thing for thing in gc.get_objects() if type(thing) is Reader]
    print(f"{kind.__name__}: {len(alive)} readers are alive")
    del alive
