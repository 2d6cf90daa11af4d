//! Runtimes that each break one promise, and otherwise do what `Smol` does; and one that keeps a record.

use std::any::Any;
use std::cell::RefCell;
use std::future::{Future, Ready, ready};
use std::mem;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread;

use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::generic::{ContextExt, JoinError, Runtime};
use smol::Task;
use smol::future::FutureExt;

use crate::CancelsOnDrop;
use crate::runtime::{Handle, Panic, Smol};

type BoxFuture<R> = Pin<Box<dyn Future<Output = R> + Send>>;

/// Takes `scope` and `get_task_locals` from `Smol`.
macro_rules! locals_of_smol {
    ($runtime:ty) => {
        impl ContextExt for $runtime {
            fn scope<F, R>(locals: TaskLocals, future: F) -> BoxFuture<R>
            where
                F: Future<Output = R> + Send + 'static,
            {
                Smol::scope(locals, future)
            }

            fn get_task_locals() -> Option<TaskLocals> {
                Smol::get_task_locals()
            }
        }
    };
}

/// Takes `spawn` and `spawn_blocking` from `Smol`.
macro_rules! tasks_of_smol {
    ($runtime:ty) => {
        impl Runtime for $runtime {
            type JoinError = Panic;
            type JoinHandle = Handle;

            fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Handle {
                Smol::spawn(future)
            }

            fn spawn_blocking<F: FnOnce() + Send + 'static>(work: F) -> Handle {
                Smol::spawn_blocking(work)
            }
        }
    };
}

locals_of_smol!(CancelsOnDrop);

/// The mistake: `spawn` polls the future to its end, on the thread that calls.
pub struct SpawnsInPlace;

impl Runtime for SpawnsInPlace {
    type JoinError = Panic;
    type JoinHandle = Ready<Result<(), Panic>>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        smol::block_on(future);
        ready(Ok(()))
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(work: F) -> Self::JoinHandle {
        drop(Smol::spawn_blocking(work));
        ready(Ok(()))
    }
}

locals_of_smol!(SpawnsInPlace);

/// The mistake: `spawn_blocking` blocks the thread that polls futures.
pub struct DeliversInPlace;

impl Runtime for DeliversInPlace {
    type JoinError = Panic;
    type JoinHandle = Handle;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Handle {
        Smol::spawn(future)
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(work: F) -> Handle {
        work();
        Smol::spawn(async {})
    }
}

locals_of_smol!(DeliversInPlace);

/// The mistake: nothing catches a panic, so a task of smol panics again where it is awaited.
pub struct Unwinds;

/// A handle that detaches its task when it is dropped, but knows no error.
pub struct Detaching(Option<Task<()>>);

impl Future for Detaching {
    type Output = Result<(), Panic>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let task = self.0.as_mut().expect("only the drop takes the task");
        task.poll(context).map(Ok)
    }
}

impl Drop for Detaching {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.detach();
        }
    }
}

impl Runtime for Unwinds {
    type JoinError = Panic;
    type JoinHandle = Detaching;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Detaching {
        Detaching(Some(smol::spawn(future)))
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(work: F) -> Detaching {
        Detaching(Some(smol::unblock(work)))
    }
}

locals_of_smol!(Unwinds);

/// The mistake: the error of a panic says that it isn't one.
pub struct HidesPanics;

/// The error of a panic, which hides it.
pub struct Ended(Panic);

impl JoinError for Ended {
    fn is_panic(&self) -> bool {
        false
    }

    fn into_panic(self) -> Box<dyn Any + Send> {
        self.0.into_panic()
    }
}

impl Runtime for HidesPanics {
    type JoinError = Ended;
    type JoinHandle = Pin<Box<dyn Future<Output = Result<(), Ended>> + Send>>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        let handle = Smol::spawn(future);
        Box::pin(async { handle.await.map_err(Ended) })
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(work: F) -> Self::JoinHandle {
        let handle = Smol::spawn_blocking(work);
        Box::pin(async { handle.await.map_err(Ended) })
    }
}

locals_of_smol!(HidesPanics);

/// The mistake: it keeps no locals.
pub struct ForgetsLocals;

tasks_of_smol!(ForgetsLocals);

impl ContextExt for ForgetsLocals {
    fn scope<F, R>(_: TaskLocals, future: F) -> BoxFuture<R>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(future)
    }

    fn get_task_locals() -> Option<TaskLocals> {
        None
    }
}

/// The mistake: `scope` sets the locals once, and leaves them to whatever the thread polls next.
pub struct LeaksLocals;

thread_local! {
    static LEAKED: RefCell<Option<TaskLocals>> = const { RefCell::new(None) };
}

tasks_of_smol!(LeaksLocals);

impl ContextExt for LeaksLocals {
    fn scope<F, R>(locals: TaskLocals, future: F) -> BoxFuture<R>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(async {
            LEAKED.set(Some(locals));
            future.await
        })
    }

    fn get_task_locals() -> Option<TaskLocals> {
        LEAKED.with_borrow(Clone::clone)
    }
}

/// Breaks nothing, and records each call of the bridge.
pub struct Recorder;

/// A call: what was called, the name of the thread if it has one, and whether it holds the GIL.
pub type Call = (&'static str, Option<String>, bool);

static CALLS: Mutex<Vec<Call>> = Mutex::new(Vec::new());

/// The calls since this was asked for the last time.
pub fn take_calls() -> Vec<Call> {
    mem::take(&mut *CALLS.lock().unwrap_or_else(PoisonError::into_inner))
}

fn record(what: &'static str) {
    let thread = thread::current().name().map(str::to_owned);
    // SAFETY: it only reads which thread holds the GIL.
    let holds_the_gil = unsafe { pyo3::ffi::PyGILState_Check() } == 1;
    let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
    calls.push((what, thread, holds_the_gil));
}

impl Runtime for Recorder {
    type JoinError = Panic;
    type JoinHandle = Handle;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Handle {
        record("spawn");
        Smol::spawn(future)
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(work: F) -> Handle {
        record("spawn_blocking");
        Smol::spawn_blocking(|| {
            record("the closure");
            work();
        })
    }
}

impl ContextExt for Recorder {
    fn scope<F, R>(locals: TaskLocals, future: F) -> BoxFuture<R>
    where
        F: Future<Output = R> + Send + 'static,
    {
        record("scope");
        Smol::scope(locals, future)
    }

    fn get_task_locals() -> Option<TaskLocals> {
        record("get_task_locals");
        Smol::get_task_locals()
    }
}
