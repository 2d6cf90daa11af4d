//! Work on several things at the same time, when some of them must not meet.

use std::num::NonZero;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::ScopedJoinHandle;

use anyhow::{Result, bail};

/// A task for each core, and one more: they build, but they also wait.
pub fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get) + 1
}

/// What a lock holds: a panic elsewhere leaves it as it should be.
pub fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What two pieces of work, done at the same time, return.
pub fn both<A: Send, B>(one: impl FnOnce() -> Result<A> + Send, other: impl FnOnce() -> Result<B>) -> Result<(A, B)> {
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        Ok((joined(one)?, other?))
    })
}

/// What a thread returns.
pub fn joined<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|_| bail!("a thread panicked, see above"))
}

/// Calls `work` with each item, `workers` at once, and with those of one `key` one after the other, in their order.
/// Returns when all calls have.
pub fn each<T: Sync, K: Eq + Send>(items: &[T], workers: usize, key: impl Fn(&T) -> K, work: impl Fn(&T) + Sync) {
    let mut lanes: Vec<(K, Vec<&T>)> = Vec::new();
    for item in items {
        let key = key(item);
        match lanes.iter_mut().find(|(other, _)| *other == key) {
            Some((_, lane)) => lane.push(item),
            None => lanes.push((key, vec![item])),
        }
    }
    let count = workers.min(lanes.len());
    let lanes = Mutex::new(lanes.into_iter().map(|(_, lane)| lane));
    let next = || held(&lanes).next();
    std::thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| std::iter::from_fn(next).flatten().for_each(&work));
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn each_item_is_worked_on_once_and_by_one_worker_in_order() {
        for workers in [1, 3, 99] {
            let done = Mutex::new(Vec::new());
            each(&[3, 1, 2], workers, |_| "one key", |item| done.lock().expect("no panic").push(*item));
            assert_eq!(done.into_inner().expect("no panic"), [3, 1, 2]);
        }
    }

    #[test]
    fn other_keys_run_at_once() {
        // It ends only if both are there.
        let both = Barrier::new(2);
        each(
            &[1, 2],
            2,
            |item| *item,
            |_| {
                both.wait();
            },
        );
    }

    #[test]
    fn one_key_never_runs_twice_at_once() {
        let busy = [AtomicBool::new(false), AtomicBool::new(false)];
        let items: Vec<usize> = (0..200).map(|item| item % 2).collect();
        each(
            &items,
            4,
            |item| *item,
            |item| {
                assert!(!busy[*item].swap(true, Ordering::SeqCst));
                std::thread::yield_now();
                busy[*item].store(false, Ordering::SeqCst);
            },
        );
    }
}
