//! smol as a runtime of the bridge, and runtimes that each break one promise of it.

mod mistakes;
mod runtime;

use std::future::Future;

use pyo3_async_runtimes::generic;
use smol::Task;

use crate::runtime::Panic;

// ANCHOR: cancels
/// The mistake: the handle is a task of smol, whose drop cancels the task.
pub struct CancelsOnDrop;

impl generic::Runtime for CancelsOnDrop {
    type JoinError = Panic;
    type JoinHandle = Task<Result<(), Panic>>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        smol::spawn(async {
            future.await;
            Ok(())
        })
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(work: F) -> Self::JoinHandle {
        smol::unblock(|| {
            work();
            Ok(())
        })
    }
}
// ANCHOR_END: cancels

#[pyo3::pymodule]
mod _native {
    use std::sync::{Arc, Barrier, mpsc};
    use std::time::Duration;

    use async_compat::Compat;
    use pyo3::exceptions::{PyLookupError, PyValueError};
    use pyo3::prelude::*;
    use pyo3_async_runtimes::generic::{
        ContextExt, Runtime, future_into_py, get_current_locals, into_future,
    };

    use crate::CancelsOnDrop;
    use crate::mistakes::{Call, take_calls};
    use crate::mistakes::{
        DeliversInPlace, ForgetsLocals, HidesPanics, LeaksLocals, Recorder, SpawnsInPlace, Unwinds,
    };
    use crate::runtime::Smol;

    /// Calls a function for the runtime that Python names.
    macro_rules! on {
        ($name:expr, $function:ident($($argument:expr),*)) => {
            match $name {
                "Smol" => $function::<Smol>($($argument),*),
                "CancelsOnDrop" => $function::<CancelsOnDrop>($($argument),*),
                "DeliversInPlace" => $function::<DeliversInPlace>($($argument),*),
                "ForgetsLocals" => $function::<ForgetsLocals>($($argument),*),
                "HidesPanics" => $function::<HidesPanics>($($argument),*),
                "LeaksLocals" => $function::<LeaksLocals>($($argument),*),
                "Recorder" => $function::<Recorder>($($argument),*),
                "SpawnsInPlace" => $function::<SpawnsInPlace>($($argument),*),
                "Unwinds" => $function::<Unwinds>($($argument),*),
                name => Err(PyLookupError::new_err(format!("no runtime {name}"))),
            }
        };
    }

    fn seconds(seconds: f64) -> PyResult<Duration> {
        Duration::try_from_secs_f64(seconds)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Sleeps on the runtime that has this name.
    #[pyfunction]
    fn sleep<'py>(py: Python<'py>, runtime: &str, seconds: f64) -> PyResult<Bound<'py, PyAny>> {
        let duration = self::seconds(seconds)?;
        on!(runtime, sleep_on(py, duration))
    }

    fn sleep_on<R: Runtime + ContextExt>(
        py: Python<'_>,
        duration: Duration,
    ) -> PyResult<Bound<'_, PyAny>> {
        future_into_py::<R, _, _>(py, async move {
            smol::Timer::after(duration).await;
            Ok(None::<()>)
        })
    }

    /// Panics on the runtime that has this name.
    #[pyfunction]
    fn panics<'py>(py: Python<'py>, runtime: &str) -> PyResult<Bound<'py, PyAny>> {
        on!(runtime, panics_on(py))
    }

    fn panics_on<R: Runtime + ContextExt>(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        future_into_py::<R, _, ()>(py, async { panic!("the future panics") })
    }

    /// Calls and awaits a coroutine function twice, and returns both results.
    #[pyfunction]
    fn twice<'py>(
        py: Python<'py>,
        runtime: &str,
        function: Py<PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        on!(runtime, twice_on(py, function))
    }

    fn twice_on<R: Runtime + ContextExt>(
        py: Python<'_>,
        function: Py<PyAny>,
    ) -> PyResult<Bound<'_, PyAny>> {
        let call = move || Python::attach(|py| into_future::<R>(function.bind(py).call0()?));
        future_into_py::<R, _, _>(py, async move { Ok((call()?.await?, call()?.await?)) })
    }

    /// The same in a task of its own, which has the locals only if it is `scoped`.
    #[pyfunction]
    fn twice_in_a_task(
        py: Python<'_>,
        function: Py<PyAny>,
        scoped: bool,
    ) -> PyResult<Bound<'_, PyAny>> {
        let locals = get_current_locals::<Smol>(py)?;
        let call = move || Python::attach(|py| into_future::<Smol>(function.bind(py).call0()?));
        let calls = async move { PyResult::Ok((call()?.await?, call()?.await?)) };
        future_into_py::<Smol, _, _>(py, async move {
            if scoped {
                smol::spawn(Smol::scope(locals, calls)).await
            } else {
                smol::spawn(calls).await
            }
        })
    }

    /// What the bridge has called on `Recorder` since the last time.
    #[pyfunction]
    fn calls() -> Vec<Call> {
        take_calls()
    }

    /// Whether a future runs on the runtime, within `seconds`, while this function holds the GIL and
    /// another future has a result for Python.
    #[pyfunction]
    fn runs_without_the_gil(py: Python<'_>, runtime: &str, seconds: f64) -> PyResult<bool> {
        let patience = self::seconds(seconds)?;
        on!(runtime, runs_without_the_gil_on(py, patience))
    }

    fn runs_without_the_gil_on<R: Runtime + ContextExt>(
        py: Python<'_>,
        patience: Duration,
    ) -> PyResult<bool> {
        let (ran, other) = mpsc::channel();
        future_into_py::<R, _, _>(py, async { Ok(None::<()>) })?;
        future_into_py::<R, _, _>(py, async move {
            // The receiver is gone if the time is over.
            let _ = ran.send(());
            Ok(None::<()>)
        })?;
        Ok(other.recv_timeout(patience).is_ok())
    }

    /// Closures of `smol::unblock` that have not returned.
    #[pyclass(frozen)]
    struct Jobs(Arc<Barrier>);

    #[pymethods]
    impl Jobs {
        /// Lets them return, as soon as all of them run.
        fn release(&self, py: Python<'_>) {
            py.detach(|| self.0.wait());
        }
    }

    /// Blocks as many threads of smol.
    #[pyfunction]
    fn block(jobs: usize) -> Jobs {
        let all = Arc::new(Barrier::new(jobs + 1));
        for _ in 0..jobs {
            let all = Arc::clone(&all);
            smol::unblock(move || all.wait()).detach();
        }
        Jobs(all)
    }

    /// Awaits a sleep of tokio on smol.
    #[pyfunction]
    fn tokio_on_smol(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        future_into_py::<Smol, _, _>(py, async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Ok(None::<()>)
        })
    }

    /// Awaits a sleep of tokio on smol, inside `Compat`.
    #[pyfunction]
    fn tokio_on_smol_compat(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        future_into_py::<Smol, _, _>(
            py,
            Compat::new(async {
                tokio::time::sleep(Duration::from_millis(1)).await;
                Ok(None::<()>)
            }),
        )
    }

    /// Connects to a server with smol's `TcpStream`, in a task of a tokio runtime.
    #[pyfunction]
    fn smol_on_tokio(py: Python<'_>, host: String, port: u16) -> PyResult<()> {
        py.detach(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build()?;
            runtime.block_on(smol::net::TcpStream::connect((host, port)))?;
            Ok(())
        })
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
