//! Work on several things at the same time, when some of them must not meet.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A task for each core, and one more: they build, but they also wait.
pub fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get) + 1
}

/// So many may hold one at once.
pub struct Slots {
    free: Mutex<usize>,
    freed: Condvar,
}

pub struct Slot<'a>(&'a Slots);

impl Slots {
    pub fn new(count: usize) -> Self {
        Self { free: Mutex::new(count), freed: Condvar::new() }
    }

    /// Waits for a free one, and holds it until it is dropped.
    pub fn take(&self) -> Slot<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Slot(self)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

/// Calls `work` with each item at the same time, but with those that are `in_turn` one after the other, all of them;
/// whether each call returned true.
pub fn side_by_side<T: Sync>(items: &[T], in_turn: impl Fn(&T) -> bool, work: impl Fn(&T) -> bool + Sync) -> bool {
    let (in_turn, beside): (Vec<&T>, Vec<&T>) = items.iter().partition(|item| in_turn(item));
    let work = |items: &[&T]| items.iter().filter(|item| !work(item)).count() == 0;
    std::thread::scope(|scope| {
        let lanes = std::iter::once(in_turn).chain(beside.into_iter().map(|item| vec![item]));
        let running: Vec<_> = lanes.map(|lane| scope.spawn(move || work(&lane))).collect();
        let passed: Vec<bool> = running.into_iter().map(|thread| thread.join().unwrap_or(false)).collect();
        passed.into_iter().all(|passed| passed)
    })
}

/// Calls `work` with each item, in their order, `workers` at once, and never two with the same `key` at once.
/// Returns when all calls have.
pub fn each<T: Sync, K: Ord + Clone + Send>(
    items: &[T],
    workers: usize,
    key: impl Fn(&T) -> K + Sync,
    work: impl Fn(&T) + Sync,
) {
    let queue = Queue {
        state: Mutex::new(State {
            waiting: items.iter().map(|item| (key(item), item)).collect(),
            busy: BTreeSet::new(),
        }),
        freed: Condvar::new(),
    };
    std::thread::scope(|scope| {
        for _ in 0..workers.min(items.len()) {
            scope.spawn(|| {
                while let Some((key, item)) = queue.take() {
                    let _busy = Busy { queue: &queue, key };
                    work(item);
                }
            });
        }
    });
}

struct Queue<'a, T, K: Ord> {
    state: Mutex<State<'a, T, K>>,
    freed: Condvar,
}

struct State<'a, T, K> {
    waiting: Vec<(K, &'a T)>,
    busy: BTreeSet<K>,
}

impl<'a, T, K: Ord + Clone> Queue<'a, T, K> {
    /// The first item whose key is free; `None` when no item waits.
    fn take(&self) -> Option<(K, &'a T)> {
        let mut state = self.lock();
        while !state.waiting.is_empty() {
            let free = |(key, _): &(K, &T)| !state.busy.contains(key);
            if let Some(index) = state.waiting.iter().position(free) {
                let (key, item) = state.waiting.remove(index);
                state.busy.insert(key.clone());
                return Some((key, item));
            }
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }
}

impl<'a, T, K: Ord> Queue<'a, T, K> {
    fn lock(&self) -> MutexGuard<'_, State<'a, T, K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frees the key, also when the work panics: nobody waits for ever.
struct Busy<'q, 'a, T, K: Ord> {
    queue: &'q Queue<'a, T, K>,
    key: K,
}

impl<T, K: Ord> Drop for Busy<'_, '_, T, K> {
    fn drop(&mut self) {
        self.queue.lock().busy.remove(&self.key);
        self.queue.freed.notify_all();
    }
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

    #[test]
    fn items_in_turn_never_meet_and_the_others_run_beside_them() {
        let (in_turn, beside) = (AtomicBool::new(false), Barrier::new(3));
        // An odd item is in turn. The first of these waits for both even ones, which wait for each other.
        let passed = side_by_side(
            &[1, 2, 3, 4, 5],
            |item| item % 2 == 1,
            |item| {
                if item % 2 == 1 {
                    assert!(!in_turn.swap(true, Ordering::SeqCst));
                }
                if *item < 3 || *item == 4 {
                    beside.wait();
                }
                if item % 2 == 1 {
                    in_turn.store(false, Ordering::SeqCst);
                }
                true
            },
        );
        assert!(passed);
    }

    #[test]
    fn all_items_are_worked_on_though_one_fails_or_panics() {
        let calls = Mutex::new(Vec::new());
        let call = |item: &usize| {
            calls.lock().expect("no panic while it is held").push(*item);
            assert_ne!(*item, 4, "as the test wants");
            *item != 1
        };
        assert!(!side_by_side(&[1, 2, 3], |item| *item < 3, call));
        assert!(!side_by_side(&[4, 5], |_| false, call));
        assert!(side_by_side(&[6], |_| true, call) && side_by_side(&[], |_| true, call));
        let mut calls = calls.into_inner().expect("no panic while it is held");
        calls.sort_unstable();
        assert_eq!(calls, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn no_more_hold_a_slot_than_there_are() {
        let slots = Slots::new(2);
        let (holding, most) = (Mutex::new(0), Mutex::new(0));
        let items: Vec<usize> = (0..50).collect();
        each(
            &items,
            8,
            |item| *item,
            |_| {
                let _slot = slots.take();
                let now = {
                    let mut holding = holding.lock().expect("no panic");
                    *holding += 1;
                    *holding
                };
                let mut most = most.lock().expect("no panic");
                *most = now.max(*most);
                drop(most);
                std::thread::yield_now();
                *holding.lock().expect("no panic") -= 1;
            },
        );
        assert!(most.into_inner().expect("no panic") <= 2);
    }

    #[test]
    fn a_panic_frees_its_key() {
        let panicked = std::panic::catch_unwind(|| {
            each(&[1, 1], 2, |item| *item, |_| panic!("as the test wants"));
        });
        assert!(panicked.is_err());
    }
}
