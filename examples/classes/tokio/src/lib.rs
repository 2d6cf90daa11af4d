//! A mailbox: a folder with a file for each letter, whose first line is the sender.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use std::collections::BTreeMap;
    use std::io;
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use pyo3::prelude::*;
    use pyo3_async_runtimes::tokio::future_into_py;
    use tokio::fs;

    // ANCHOR: mailbox
    #[pyclass(frozen, module = "postbox")]
    struct Mailbox {
        folder: PathBuf,
        reads: AtomicUsize,
    }
    // ANCHOR_END: mailbox

    // ANCHOR: letter
    #[pyclass(frozen, get_all, eq, hash, new = "from_fields", module = "postbox")]
    #[derive(PartialEq, Eq, Hash)]
    struct Letter {
        sender: String,
        text: String,
    }
    // ANCHOR_END: letter

    /// Adds the path to an error.
    fn at(path: &Path) -> impl Fn(io::Error) -> io::Error + '_ {
        move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
    }

    /// How many bytes each file has.
    async fn sizes_in(folder: &Path) -> io::Result<BTreeMap<String, u64>> {
        let mut files = fs::read_dir(folder).await.map_err(at(folder))?;
        let mut sizes = BTreeMap::new();
        while let Some(file) = files.next_entry().await? {
            let name = file.file_name().to_string_lossy().into_owned();
            sizes.insert(name, file.metadata().await?.len());
        }
        Ok(sizes)
    }

    // ANCHOR: open
    #[pymethods]
    impl Mailbox {
        #[staticmethod]
        #[pyo3(signature = (folder, *, create = false))]
        fn open(py: Python<'_>, folder: PathBuf, create: bool) -> PyResult<Bound<'_, PyAny>> {
            future_into_py(py, async move {
                if create {
                    fs::create_dir_all(&folder).await.map_err(at(&folder))?;
                }
                // The folder must be there, and readable.
                sizes_in(&folder).await?;
                let reads = AtomicUsize::new(0);
                Ok(Mailbox { folder, reads })
            })
        }
        // ANCHOR_END: open

        // ANCHOR: read
        #[pyo3(signature = (id, *, peek = false))]
        fn read(this: Py<Self>, py: Python<'_>, id: u32, peek: bool) -> PyResult<Bound<'_, PyAny>> {
            future_into_py(py, async move {
                let Mailbox { folder, reads } = this.get();
                let path = folder.join(format!("{id}.txt"));
                let content = fs::read_to_string(&path).await.map_err(at(&path))?;
                let (sender, text) = content.split_once('\n').unwrap_or((&content, ""));
                let [sender, text] = [sender, text].map(str::to_owned);
                reads.fetch_add(usize::from(!peek), Ordering::Relaxed);
                Ok(Letter { sender, text })
            })
        }
        // ANCHOR_END: read

        // ANCHOR: size
        fn size(this: Py<Self>, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
            future_into_py(py, async move {
                let sizes = sizes_in(&this.get().folder).await?;
                Ok((sizes.len(), sizes.values().sum::<u64>()))
            })
        }

        fn sizes(this: Py<Self>, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
            future_into_py(py, async move { Ok(sizes_in(&this.get().folder).await?) })
        }
        // ANCHOR_END: size

        // ANCHOR: reads
        #[getter]
        fn reads(&self) -> usize {
            self.reads.load(Ordering::Relaxed)
        }
        // ANCHOR_END: reads
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
