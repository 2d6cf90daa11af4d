//! Cases that no request can provoke.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[test]
fn a_panic_costs_only_the_work_that_it_hits() {
    let done = Arc::new(AtomicUsize::new(0));
    let counts = || -> Work {
        let done = Arc::clone(&done);
        Box::new(move |_| {
            done.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
    };
    let batch = vec![counts(), Box::new(|_| panic!("in one request")), counts()];
    Python::initialize();
    assert!(Python::attach(|py| do_all(py, batch)).is_ok());
    assert_eq!(done.load(Ordering::Relaxed), 2);
}
