//! Does not compile: an `Rc` is held across an await.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::task::{JoinHandle, yield_now};

fn count_to(end: u32) -> JoinHandle<Vec<u32>> {
    tokio::spawn(async move {
        let seen = Rc::new(RefCell::new(Vec::new()));
        for n in 1..=end {
            seen.borrow_mut().push(n);
            yield_now().await;
        }
        seen.take()
    })
}

fn main() {}
