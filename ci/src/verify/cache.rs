//! The passes of earlier runs: a step that passed is not run again until something that it reads has changed.
//!
//! The key of a step is a hash of all that it reads: the files of its crate, the locked packages that the
//! crate is built with, the text of a page, the tools, the settings, and the sources of this program that steps run
//! through. So a key that is found needs no other proof, and one that is not found is a step to run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result};

use crate::repo::{Bridge, ExampleCrate, Locks, Repo, example::CLIENTS, files};
use crate::results::{stress::LONG_TESTS, verdict::Pass};
use crate::run::{Project, command::output_of, queue::held};
use crate::verify::step::Step;

/// What every step depends on: the parts of this program that it runs through, and the tools of Python.
const CHECKS: [&str; 7] = [
    "ci/Cargo.toml",
    "ci/requirements.txt",
    "ci/src/check/compile_fail.rs",
    "ci/src/repo",
    "ci/src/results",
    "ci/src/run",
    "ci/src/verify",
];
/// What every Rust block is compiled with, beside the locked packages.
const SNIPPETS: [&str; 4] =
    ["Cargo.toml", "ci/skeptic", "ci/skeptic-pyo3-asyncio", "examples/pyo3-asyncio/Cargo.toml"];
/// The settings of cargo, rustc, pytest and Python, by the start of their names.
const SETTINGS: [&str; 4] = ["CARGO", "MATURIN", "PY", "RUST"];
/// Where things are built changes nothing of them.
const NO_SETTING: &str = "CARGO_TARGET_DIR";

/// All passes that are kept for one Python: a file for each, named by its key.
pub struct Cache<'a> {
    repo: &'a Repo,
    folder: PathBuf,
    fresh: bool,
    /// A hash of what every step of a crate reads, by the crate's name, and of what every Rust block for a bridge reads,
    /// by the name of skeptic's package.
    common: BTreeMap<String, String>,
    used: Mutex<BTreeSet<String>>,
}

impl<'a> Cache<'a> {
    /// With `fresh`, none is found: everything runs.
    pub fn open(project: &'a Project, locks: &Locks, fresh: bool) -> Result<Self> {
        let repo = &project.repo;
        let tools = tools(project)?;
        let mut common = BTreeMap::new();
        for example in &repo.crates {
            let packages = locks[&example.lock()].needed(example.package());
            let clients = if example.clients.is_empty() { "" } else { repo.must(CLIENTS)? };
            common.insert(example.name(), key(&[&tools, &packages, clients, &repo.hash_of_crate(example)]));
        }
        for bridge in Bridge::ALL {
            let (_, package) = bridge.skeptic();
            let packages = locks[&bridge.lock()].needed(package);
            common.insert(package.to_owned(), key(&[&tools, &packages, &repo.hash_of(SNIPPETS)]));
        }
        let folder = project.builds.join("passed").join(&project.python_version);
        Ok(Self { repo, folder, fresh, common, used: Mutex::default() })
    }

    /// The key of a step of a crate, of which `reads` is what it reads beside the crate.
    pub fn key_of_step(&self, example: &ExampleCrate, step: &str, reads: &str) -> String {
        key(&[&self.common[&example.name()], step, reads])
    }

    /// The key of a Rust block: it may include other files of the crate it is shown from.
    pub fn key_of_block(&self, example: &ExampleCrate, info: &str, text: &str) -> String {
        let (_, package) = example.bridge.skeptic();
        key(&[&self.common[package], &self.common[&example.name()], info, text])
    }

    pub fn find(&self, key: &str) -> Option<Pass> {
        let text = fs::read_to_string(self.folder.join(key)).ok().filter(|_| !self.fresh)?;
        // A file that a stopped run left half written is no pass.
        let pass = serde_json::from_str(&text).ok()?;
        held(&self.used).insert(key.to_owned());
        Some(pass)
    }

    /// Keeps a pass, unless someone has edited the step's crate since this run began: then nobody knows what
    /// has passed.
    pub fn keep(&self, step: &Step, pass: &Pass) -> Result<()> {
        let (Some(key), Some(name)) = (&step.key, &step.of_crate) else {
            return Ok(());
        };
        let example = self.repo.crate_named(name);
        let dir = [example.with_context(|| format!("{name}: no such crate"))?.dir.as_str()];
        if self.repo.hash_now(dir)? == self.repo.hash_of(dir) { self.write(key, pass) } else { Ok(()) }
    }

    fn write(&self, key: &str, pass: &Pass) -> Result<()> {
        held(&self.used).insert(key.to_owned());
        let text = serde_json::to_string(pass).context("a pass is not JSON")?;
        files::write_if_changed(&self.folder.join(key), text.as_bytes())
    }

    /// After a run of everything: what it neither found nor kept is of sources that are gone.
    pub fn forget_the_others(&self) -> Result<()> {
        let used = held(&self.used);
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if !used.contains(entry.file_name().to_string_lossy().as_ref()) {
                files::remove_if_there(&entry.path())?;
            }
        }
        Ok(())
    }
}

/// One hash of several texts, of which none runs into the next.
fn key(parts: &[&str]) -> String {
    let hashes: String = parts.iter().map(|part| files::hash(part)).collect();
    files::hash(&hashes)
}

/// The Python, the compiler, what they are told by the environment, and the checks themselves.
fn tools(project: &Project) -> Result<String> {
    let python = fs::canonicalize(&project.python).context("the Python in use is not there")?;
    let rustc = output_of(Command::new("rustc").arg("-vV"))?;
    let cargo = output_of(Command::new("cargo").arg("-V"))?;
    let settings = std::env::vars().filter(|(name, _)| is_setting(name));
    let settings = format!("{:?}", settings.collect::<BTreeMap<_, _>>());
    let python = format!("{} {}", project.python_version, python.display());
    Ok(key(&[&python, &rustc, &cargo, &project.repo.hash_of(CHECKS), &settings]))
}

/// Whether a variable of the environment can change what a step does.
fn is_setting(name: &str) -> bool {
    let long = LONG_TESTS.iter().any(|test| test.variable == name);
    let starts = SETTINGS.iter().any(|start| name.starts_with(start));
    name != NO_SETTING && (long || starts)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::repo::tests::tree;

    #[test]
    fn what_moves_from_one_part_to_the_next_is_another_key() {
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_ne!(key(&["a"]), key(&["a", ""]));
    }

    #[test]
    fn what_makes_tests_fewer_or_longer_is_a_setting() {
        for name in ["PYTEST_ADDOPTS", "RUSTFLAGS", "CLEAN_EXITS", "CARGO_HOME"] {
            assert!(is_setting(name), "{name}");
        }
        assert!(!is_setting("CARGO_TARGET_DIR") && !is_setting("TERM"));
    }

    pub fn cache<'a>(repo: &'a Repo, folder: &std::path::Path) -> Cache<'a> {
        Cache { repo, folder: folder.join("passed"), fresh: false, common: BTreeMap::new(), used: Mutex::default() }
    }

    #[test]
    fn a_pass_is_found_by_its_key_and_not_when_everything_is_to_run() {
        let (repo, folder) = (tree(&[]), tempfile::tempdir().expect("a folder"));
        let mut cache = cache(&repo, folder.path());
        let tests = BTreeSet::from(["it_holds".to_owned()]);
        let pass = Pass { ran: "2026-11-29".to_owned(), seconds: 2.0, tests: tests.clone() };
        cache.write("k", &pass).expect("it can be written");
        let pass = cache.find("k").expect("it was kept");
        assert_eq!((pass.seconds, pass.tests), (2.0, tests));
        assert!(cache.find("l").is_none());
        cache.fresh = true;
        assert!(cache.find("k").is_none());
        cache.used = Mutex::default();
        cache.forget_the_others().expect("it can be removed");
        assert_eq!(fs::read_dir(&cache.folder).expect("there").count(), 0);
    }

    #[test]
    fn what_is_edited_while_it_is_tested_is_not_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let manifest = "[package]\nname = \"a\"\n";
        for dir in ["examples/a/tokio", "examples/pyo3-asyncio/b/tokio"] {
            let file = folder.path().join(dir).join("Cargo.toml");
            files::write_if_changed(&file, manifest.as_bytes()).expect("a file");
        }
        files::write_if_changed(&folder.path().join("book/exempt.toml"), b"").expect("a file");
        let repo = Repo::load(folder.path()).expect("a tree");
        let cache = cache(&repo, folder.path());
        let pass = Pass { ran: "2026-11-29".to_owned(), seconds: 0.0, tests: BTreeSet::new() };
        let keep = |key: &str| {
            let (of_crate, key) = (Some("a/tokio".to_owned()), Some(key.to_owned()));
            cache.keep(&Step { of_crate, key, ..Step::of("tests".to_owned(), "") }, &pass)
        };
        keep("before").expect("it can be kept");
        let edited = folder.path().join("examples/a/tokio/src/lib.rs");
        files::write_if_changed(&edited, b"// new").expect("a file");
        keep("after").expect("nothing to keep");
        assert!(cache.find("before").is_some() && cache.find("after").is_none());
    }
}
