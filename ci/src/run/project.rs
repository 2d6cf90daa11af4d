//! The Python that everything is run against, and where its builds are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::repo::{Bridge, ExampleCrate, Page, Release, Repo, files, free_threaded::Older};
use crate::run::command::output_of;

const VERSION: &str = "import platform, sysconfig; \
print(platform.python_version() + 't' * bool(sysconfig.get_config_var('Py_GIL_DISABLED')))";

pub struct Project {
    pub repo: Repo,
    /// The interpreter of the virtual environment that `ci/just` made.
    pub python: PathBuf,
    /// Its version, such as `3.11.7`, or `3.13.5t` without the GIL.
    pub python_version: String,
    /// The `3.11` of it.
    pub release: Release,
    /// What the examples are built with for this Python, if not with their own pyo3, and what is left out then.
    pub older: Option<Older>,
    /// Builds for this Python: cargo's target folders, expanded pages, the clients' packages.
    pub builds: PathBuf,
    /// Virtual environments of the modules. A copy of the repository that uses the same builds has its own: what is
    /// changed in the copy is never installed here.
    pub venvs: PathBuf,
    /// Copies of the example crates, outside the repository as a reader would have them.
    pub copies: PathBuf,
}

impl Project {
    /// The tree, and the Python that `PYO3_PYTHON` names.
    pub fn find(root: &Path) -> Result<Self> {
        let python = std::env::var_os("PYO3_PYTHON")
            .context("PYO3_PYTHON is not set: start this through `ci/just`, which makes the virtual environment")?;
        let python_version = output_of(Command::new(&python).args(["-c", VERSION]))?;
        let release = Release::of(&python_version)?;
        let builds = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target").join(format!("py{release}")), PathBuf::from);
        let of_root = &files::hash(&root.to_string_lossy())[..8];
        let copies = std::env::temp_dir().join(format!("async-rust-python-{of_root}"));
        Ok(Self {
            repo: Repo::load(root)?,
            python: python.into(),
            python_version,
            release,
            older: None,
            venvs: builds.join("venvs").join(of_root),
            builds,
            copies: copies.join(release.to_string()),
        })
    }

    /// Whether a crate can run here: `book/exempt.toml` says which cannot on Windows, and a bridge or a
    /// crate may not build for the Python in use.
    pub fn can_run(&self, example: &ExampleCrate) -> bool {
        self.repo.exempt.runs_here(&example.topic) && example.fits(self.release.minor)
    }

    /// The crates that can run here: of a topic, the one of this name, or all.
    pub fn crates(&self, choice: Option<&str>) -> Result<Vec<&ExampleCrate>> {
        let mut crates: Vec<_> = self.repo.crates.iter().filter(|example| self.can_run(example)).collect();
        if let Some(choice) = choice {
            crates.retain(|example| example.is_of(choice));
            if crates.is_empty() {
                let (python, hint) = (&self.python_version, self.page_called(choice));
                bail!("{choice}: no topic or crate of examples/, or none for CPython {python}{hint}");
            }
        }
        Ok(crates)
    }

    /// The topics of a page whose name was taken for one; nothing, if there is no such page.
    fn page_called(&self, name: &str) -> String {
        let is_it = |page: &&Page| page.name.trim_end_matches(".md").rsplit('/').next() == Some(name);
        let includes = self.repo.pages.iter().filter(is_it).flat_map(Page::includes);
        let topics: BTreeSet<&str> = includes.filter_map(|include| Some(include.example()?.topic)).collect();
        if topics.is_empty() {
            return String::new();
        }
        format!("; a page is called so, which shows {}", Vec::from_iter(topics).join(", "))
    }

    /// A line for each bridge and each crate that does not build for the Python in use.
    pub fn print_left_out(&self) {
        let minor = self.release.minor;
        let print = |what: &str, why: String| println!("{what}: left out on CPython {}: {why}", self.python_version);
        for bridge in Bridge::ALL {
            if let Some(newest) = bridge.newest_minor().filter(|_| !bridge.runs_on(minor)) {
                print(bridge.examples(), format!("its pyo3 builds for 3.{newest} at most"));
            }
        }
        for example in self.repo.crates.iter().filter(|example| example.bridge.runs_on(minor)) {
            if let Some(pythons) = example.pythons.filter(|pythons| !pythons.hold(minor)) {
                print(&example.dir, format!("it builds for {pythons}"));
            }
        }
    }
}

/// The folder where this interpreter looks for packages that are installed.
pub fn packages_of(python: &Path) -> Result<String> {
    output_of(Command::new(python).args(["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]))
}
