"""Loads the items of a data set in worker processes, as PyTorch's DataLoader does: index queues and one result queue."""

import multiprocessing
import queue


def work(dataset, indices, results):
    for index in iter(indices.get, None):
        try:
            results.put((index, dataset[index], None))
        except Exception as error:
            results.put((index, None, error))


class Loader:
    def __init__(self, dataset, num_workers, multiprocessing_context=None, timeout=60):
        self.dataset, self.num_workers, self.timeout = dataset, num_workers, timeout
        self.context = multiprocessing.get_context(multiprocessing_context)

    def __iter__(self):
        """Starts the workers, as each iteration of a DataLoader does that keeps none."""
        results = self.context.Queue()
        indices = [self.context.Queue() for _ in range(self.num_workers)]
        workers = [self.context.Process(target=work, args=(self.dataset, each, results), daemon=True) for each in indices]
        for worker in workers:
            worker.start()
        try:
            for index in range(len(self.dataset)):
                indices[index % self.num_workers].put(index)
            loaded = {}
            for index in range(len(self.dataset)):
                while index not in loaded:
                    came, item, error = results.get(timeout=self.timeout)
                    if error:
                        raise error
                    loaded[came] = item
                yield loaded.pop(index)
            for each in indices:
                each.put(None)
        except queue.Empty:
            raise RuntimeError(f"the workers timed out after {self.timeout} seconds") from None
        finally:
            for worker in workers:
                worker.terminate()
                worker.join()
