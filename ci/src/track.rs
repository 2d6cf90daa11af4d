//! The two tracks of the examples: the current bridge, and pyo3-asyncio in a workspace of its own.

use std::path::{Path, PathBuf};

use crate::project::Project;

/// A set of examples on one version of pyo3, of which a Cargo workspace can hold only one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Track {
    Current,
    Pyo3Asyncio,
}

/// A path inside an example crate, taken apart.
#[derive(PartialEq, Eq, Debug)]
pub struct InExample<'a> {
    pub track: Track,
    pub topic: &'a str,
    pub variant: &'a str,
    /// The path inside the crate.
    pub inside: &'a str,
}

impl InExample<'_> {
    /// The id of the block that shows this transcript, or this message of the compiler: what a program
    /// printed has an address that stays.
    pub fn output_id(&self) -> Option<String> {
        let name = [".console", ".stderr"]
            .iter()
            .find_map(|end| self.inside.strip_suffix(end))?
            .replace(['/', '.'], "-");
        let track = match self.track {
            Track::Current => "",
            Track::Pyo3Asyncio => "pyo3-asyncio-",
        };
        Some(format!(
            "output-{track}{}-{}-{name}",
            self.topic, self.variant
        ))
    }
}

impl Track {
    pub const ALL: [Self; 2] = [Self::Current, Self::Pyo3Asyncio];

    /// The folder of its topics, from the root.
    pub fn examples(self) -> &'static str {
        match self {
            Self::Current => "examples",
            Self::Pyo3Asyncio => "examples/pyo3-asyncio",
        }
    }

    /// The track of a crate, by its name: `rust-app/tokio`, `pyo3-asyncio/rust-app/tokio`.
    pub fn of_crate(name: &str) -> Self {
        in_example(&format!("examples/{name}/Cargo.toml")).map_or(Self::Current, |file| file.track)
    }

    /// The folder with its workspace's `Cargo.toml` and `Cargo.lock`.
    pub fn workspace(self, root: &Path) -> PathBuf {
        match self {
            Self::Current => root.to_path_buf(),
            Self::Pyo3Asyncio => root.join(self.examples()),
        }
    }

    /// The crate under `ci/` that runs its Rust blocks through skeptic: its folder, and its package.
    pub fn skeptic(self) -> (&'static str, &'static str) {
        match self {
            Self::Current => ("ci/skeptic", "guide-snippets"),
            Self::Pyo3Asyncio => ("ci/skeptic-pyo3-asyncio", "guide-snippets-pyo3-asyncio"),
        }
    }

    /// The name of a place where things of one track are built.
    pub fn place(self, name: &str) -> String {
        match self {
            Self::Current => name.to_owned(),
            Self::Pyo3Asyncio => format!("{name}-pyo3-asyncio"),
        }
    }

    /// The minor number of the newest Python that its pyo3 builds for, if there is such a limit.
    fn newest_minor(self) -> Option<u32> {
        match self {
            Self::Current => None,
            Self::Pyo3Asyncio => Some(12),
        }
    }

    pub fn runs_on(self, minor: u32) -> bool {
        self.newest_minor().is_none_or(|newest| minor <= newest)
    }

    /// The tracks that build for the Python in use.
    pub fn that_run(project: &Project) -> anyhow::Result<Vec<Self>> {
        let minor = project.minor()?;
        Ok(Self::ALL
            .into_iter()
            .filter(|track| track.runs_on(minor))
            .collect())
    }

    /// A line for each track that does not build for the Python in use.
    pub fn print_left_out(project: &Project) -> anyhow::Result<()> {
        let minor = project.minor()?;
        for track in Self::ALL {
            if let Some(newest) = track.newest_minor().filter(|_| !track.runs_on(minor)) {
                println!(
                    "{}: left out on CPython {}: its pyo3 builds for 3.{newest} at most",
                    track.examples(),
                    project.python_version
                );
            }
        }
        Ok(())
    }
}

/// `examples/[pyo3-asyncio/]<topic>/<variant>/<inside>`, if the file is inside an example crate.
pub fn in_example(file: &str) -> Option<InExample<'_>> {
    let (track, rest) = Track::ALL.into_iter().rev().find_map(|track| {
        let rest = file.strip_prefix(track.examples())?.strip_prefix('/')?;
        Some((track, rest))
    })?;
    let mut parts = rest.splitn(3, '/');
    Some(InExample {
        track,
        topic: parts.next()?,
        variant: parts.next()?,
        inside: parts.next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_knows_its_track() {
        let current = in_example("examples/rust-app/tokio/src/main.rs").expect("in a crate");
        let old = in_example("examples/pyo3-asyncio/rust-app/tokio/src/main.rs").expect("the same");
        assert_eq!(
            (current.track, old.track),
            (Track::Current, Track::Pyo3Asyncio)
        );
        assert_eq!(
            (current.topic, current.variant, current.inside),
            ("rust-app", "tokio", "src/main.rs")
        );
        assert_eq!(
            (old.topic, old.variant, old.inside),
            ("rust-app", "tokio", "src/main.rs")
        );
    }

    #[test]
    fn a_transcript_has_an_id_and_other_files_have_none() {
        let id = |file: &str| in_example(file).and_then(|file| file.output_id());
        assert_eq!(
            id("examples/asyncio-run/tokio/run_future.console").as_deref(),
            Some("output-asyncio-run-tokio-run_future")
        );
        assert_eq!(id("examples/asyncio-run/tokio/run_future.py"), None);
    }

    #[test]
    fn a_file_of_no_crate_has_no_track() {
        assert_eq!(in_example("examples/pyo3-asyncio/Cargo.toml"), None);
        assert_eq!(in_example("book/en/index.md"), None);
    }
}
