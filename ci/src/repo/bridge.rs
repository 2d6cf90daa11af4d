//! The two bridges that the examples are for: the current one, and pyo3-asyncio in a workspace of its own.

use std::path::{Path, PathBuf};

/// A set of examples on one version of pyo3, of which a Cargo workspace can hold only one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Bridge {
    Current,
    Pyo3Asyncio,
}

/// A path inside an example crate, taken apart.
#[derive(PartialEq, Eq, Debug)]
pub struct InExample<'a> {
    pub bridge: Bridge,
    pub topic: &'a str,
    pub variant: &'a str,
    pub inside: &'a str,
}

impl InExample<'_> {
    /// Whether a topic, or the name of a crate, chooses it.
    pub fn is_of(&self, choice: &str) -> bool {
        self.topic == choice || self.name() == choice
    }

    /// The name of its crate, such as `rust-app/tokio`: the folder inside `examples`.
    pub fn name(&self) -> String {
        let folder = if self.bridge == Bridge::Current { "" } else { "pyo3-asyncio/" };
        format!("{folder}{}/{}", self.topic, self.variant)
    }

    /// The id of the block that shows this transcript, or this message of the compiler: what a program
    /// printed has an address that stays.
    pub fn output_id(&self) -> Option<String> {
        let file = self.inside.strip_suffix(".console").or(self.inside.strip_suffix(".stderr"))?;
        Some(format!("output-{}-{}", self.name().replace('/', "-"), file.replace(['/', '.'], "-")))
    }
}

impl Bridge {
    pub const ALL: [Self; 2] = [Self::Current, Self::Pyo3Asyncio];

    /// The folder of its topics, from the root.
    pub fn examples(self) -> &'static str {
        if self == Self::Current { "examples" } else { "examples/pyo3-asyncio" }
    }

    /// The folder with its workspace's `Cargo.toml` and `Cargo.lock`.
    pub fn workspace(self, root: &Path) -> PathBuf {
        if self == Self::Current { root.to_path_buf() } else { root.join(self.examples()) }
    }

    /// That `Cargo.lock`, from the root.
    pub fn lock(self) -> String {
        if self == Self::Current { "Cargo.lock".to_owned() } else { format!("{}/Cargo.lock", self.examples()) }
    }

    /// The crate under `ci/` that runs its Rust blocks through skeptic: its folder, and its package.
    pub fn skeptic(self) -> (&'static str, &'static str) {
        match self {
            Self::Current => ("ci/skeptic", "guide-snippets"),
            Self::Pyo3Asyncio => ("ci/skeptic-pyo3-asyncio", "guide-snippets-pyo3-asyncio"),
        }
    }

    /// The name of a folder where things of one bridge are built.
    pub fn dir_name(self, name: &str) -> String {
        if self == Self::Current { name.to_owned() } else { format!("{name}-pyo3-asyncio") }
    }

    /// The minor number of the newest Python that its pyo3 builds for, if there is such a limit.
    pub fn newest_minor(self) -> Option<u32> {
        (self == Self::Pyo3Asyncio).then_some(12)
    }

    pub fn runs_on(self, minor: u32) -> bool {
        self.newest_minor().is_none_or(|newest| minor <= newest)
    }
}

/// `examples/[pyo3-asyncio/]<topic>/<variant>/<inside>`, if the file is inside an example crate.
pub fn in_example(file: &str) -> Option<InExample<'_>> {
    let file = file.strip_prefix("examples/")?;
    let of_older = file.strip_prefix("pyo3-asyncio/");
    let bridge = if of_older.is_some() { Bridge::Pyo3Asyncio } else { Bridge::Current };
    let mut parts = of_older.unwrap_or(file).splitn(3, '/');
    Some(InExample { bridge, topic: parts.next()?, variant: parts.next()?, inside: parts.next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_knows_its_track() {
        let current = in_example("examples/rust-app/tokio/src/main.rs").expect("in a crate");
        let old = in_example("examples/pyo3-asyncio/rust-app/tokio/src/main.rs").expect("the same");
        assert_eq!((current.bridge, old.bridge), (Bridge::Current, Bridge::Pyo3Asyncio));
        assert_eq!((current.topic, current.variant, current.inside), ("rust-app", "tokio", "src/main.rs"));
        assert_eq!((old.topic, old.variant, old.inside), ("rust-app", "tokio", "src/main.rs"));
    }

    #[test]
    fn a_topic_or_a_crate_chooses_a_file() {
        let current = in_example("examples/rust-app/tokio/src/main.rs").expect("in a crate");
        let old = in_example("examples/pyo3-asyncio/rust-app/tokio/src/main.rs").expect("the same");
        assert!(current.is_of("rust-app") && old.is_of("rust-app") && !current.is_of("rust"));
        assert!(current.is_of("rust-app/tokio") && !old.is_of("rust-app/tokio"));
        assert!(old.is_of("pyo3-asyncio/rust-app/tokio") && !current.is_of("rust-app/async-std"));
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
