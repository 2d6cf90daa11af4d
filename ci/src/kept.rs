//! The passes that are kept: a step that passed is not run again until something that it reads has changed.
//!
//! The key of a step is a hash of all that it reads: the files of its crate, the locked packages that the
//! crate is built with, the text of a page, the tools, the settings, and the sources of this program. So a
//! key that is found needs no other proof, and one that is not found is a step to run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::project::{self, ExampleCrate, Project};
use crate::record;
use crate::stress::LONG_TESTS;
use crate::track::Track;

/// What every step depends on: this program, and the tools of Python.
const CHECKS: [&str; 3] = ["ci/src", "ci/Cargo.toml", "ci/requirements.txt"];
/// What every Rust block is compiled with, beside the locked packages.
const SNIPPETS: [&str; 4] = [
    "Cargo.toml",
    "ci/skeptic",
    "ci/skeptic-pyo3-asyncio",
    "examples/pyo3-asyncio/Cargo.toml",
];
/// The settings of cargo, rustc, pytest and Python, by the start of their names.
const SETTINGS: [&str; 4] = ["CARGO", "MATURIN", "PY", "RUST"];
/// Where things are built changes nothing of them.
const NO_SETTING: &str = "CARGO_TARGET_DIR";

/// A step that passed.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pass {
    /// The day it ran, in UTC.
    pub ran: String,
    pub seconds: f64,
    /// The tests that it ran.
    pub tests: BTreeSet<String>,
}

/// All passes that are kept for one Python: a file for each, named by its key.
pub struct Kept {
    root: PathBuf,
    folder: PathBuf,
    fresh: bool,
    /// What every step of a crate reads, by the crate's name.
    crates: BTreeMap<String, Reads>,
    /// A hash of what every Rust block of a track reads.
    snippets: BTreeMap<Track, String>,
    used: Mutex<BTreeSet<String>>,
}

/// Hashes of what every step of one crate reads.
struct Reads {
    files: String,
    /// The files, the locked packages, the tools.
    all: String,
}

impl Kept {
    /// With `fresh`, none is found: everything runs.
    pub fn open(project: &Project, fresh: bool) -> Result<Self> {
        let root = &project.root;
        let tools = tools(project)?;
        let mut locks = Locks::default();
        let mut crates = BTreeMap::new();
        for example in project::crates(root)? {
            let package = locks.packages(&example.workspace(root), &example.package()?)?;
            let files = record::hash_of(root, [&example.folder])?;
            let all = key(&[&tools, &package, &files]);
            crates.insert(example.name(), Reads { files, all });
        }
        let mut snippets = BTreeMap::new();
        let files = record::hash_of(root, SNIPPETS.map(|folder| root.join(folder)))?;
        for track in Track::ALL {
            let package = locks.packages(&track.workspace(root), track.skeptic().1)?;
            snippets.insert(track, key(&[&tools, &package, &files]));
        }
        Ok(Self {
            root: root.clone(),
            folder: project.builds.join("passed").join(&project.python_version),
            fresh,
            crates,
            snippets,
            used: Mutex::default(),
        })
    }

    /// The key of a step of a crate, of which `reads` is what it reads beside the crate.
    pub fn key_of_step(&self, example: &ExampleCrate, step: &str, reads: &str) -> String {
        key(&[&self.crates[&example.name()].all, step, reads])
    }

    /// The key of a Rust block: it may include other files of the crate it is shown from.
    pub fn key_of_block(&self, example: &ExampleCrate, info: &str, text: &str) -> String {
        let own = &self.crates[&example.name()].all;
        key(&[&self.snippets[&example.track], own, info, text])
    }

    pub fn find(&self, key: &str) -> Option<Pass> {
        if self.fresh {
            return None;
        }
        let text = fs::read_to_string(self.folder.join(key)).ok()?;
        // A file that a stopped run left half written is no pass.
        let pass = serde_json::from_str(&text).ok()?;
        self.lock_used().insert(key.to_owned());
        Some(pass)
    }

    /// Keeps a pass of a crate's step, unless someone has edited the crate since this run began: then
    /// nobody knows what has passed.
    pub fn keep(
        &self,
        example: &ExampleCrate,
        key: &str,
        took: Duration,
        tests: &BTreeSet<String>,
    ) -> Result<()> {
        if record::hash_of(&self.root, [&example.folder])? == self.crates[&example.name()].files {
            self.write(key, took, tests)?;
        }
        Ok(())
    }

    fn write(&self, key: &str, took: Duration, tests: &BTreeSet<String>) -> Result<()> {
        let pass = Pass {
            ran: record::today(),
            seconds: took.as_secs_f64(),
            tests: tests.clone(),
        };
        let text = serde_json::to_string(&pass).context("a pass is not JSON")?;
        self.lock_used().insert(key.to_owned());
        project::write_if_changed(&self.folder.join(key), text.as_bytes())
    }

    /// After a run of everything: what it neither found nor kept is of sources that are gone.
    pub fn forget_the_others(&self) -> Result<()> {
        let used = self.lock_used();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if !used.contains(entry.file_name().to_string_lossy().as_ref()) {
                let path = entry.path();
                fs::remove_file(&path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        Ok(())
    }

    fn lock_used(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.used
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// One hash of several texts, of which none runs into the next.
fn key(parts: &[&str]) -> String {
    let hashes: String = parts.iter().map(|part| project::hash(part)).collect();
    project::hash(&hashes)
}

/// The Python, the compiler, what they are told by the environment, and the checks themselves.
fn tools(project: &Project) -> Result<String> {
    let root = &project.root;
    let python = fs::canonicalize(&project.python).context("the Python in use is not there")?;
    let rustc = project::output_of(Command::new("rustc").arg("-vV"))?;
    let cargo = project::output_of(Command::new("cargo").arg("-V"))?;
    let checks = record::hash_of(root, CHECKS.map(|source| root.join(source)))?;
    let settings: String = std::env::vars()
        .filter(|(name, _)| is_setting(name))
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let python = format!("{} {}", project.python_version, python.display());
    Ok(key(&[&python, &rustc, &cargo, &checks, &settings]))
}

/// Whether a variable of the environment can change what a step does.
fn is_setting(name: &str) -> bool {
    let long = LONG_TESTS.iter().any(|test| test.variable == name);
    let starts = SETTINGS.iter().any(|start| name.starts_with(start));
    name != NO_SETTING && (long || starts)
}

/// Lock files that have been read, by the folder of their workspace.
#[derive(Default)]
struct Locks(BTreeMap<PathBuf, Packages>);

/// The packages of a lock file, by name.
type Packages = BTreeMap<String, Vec<Table>>;

impl Locks {
    /// What a workspace's lock file says of a package and of all that it needs, and of nothing else: the
    /// packages of another crate change nothing of this one.
    fn packages(&mut self, workspace: &Path, package: &str) -> Result<String> {
        if !self.0.contains_key(workspace) {
            let text = project::read(&workspace.join("Cargo.lock"))?;
            self.0.insert(workspace.to_path_buf(), parse(&text)?);
        }
        Ok(needed(&self.0[workspace], package))
    }
}

fn parse(lock: &str) -> Result<Packages> {
    let lock: Table = toml::from_str(lock).context("Cargo.lock is not TOML")?;
    let all = lock.get("package").and_then(Value::as_array);
    let mut packages = Packages::new();
    for package in all.into_iter().flatten().filter_map(Value::as_table) {
        let name = package.get("name").and_then(Value::as_str);
        let name = name.context("Cargo.lock has a package without a name")?;
        packages
            .entry(name.to_owned())
            .or_default()
            .push(package.clone());
    }
    Ok(packages)
}

fn needed(packages: &Packages, package: &str) -> String {
    let mut wanted = vec![package.to_owned()];
    let mut found = BTreeSet::new();
    while let Some(dependency) = wanted.pop() {
        // `name`, or `name version` where the lock file has several of that name: take them all.
        let name = dependency.split(' ').next().unwrap_or_default();
        if !found.insert(name.to_owned()) {
            continue;
        }
        let dependencies = packages
            .get(name)
            .into_iter()
            .flatten()
            .filter_map(|package| package.get("dependencies")?.as_array())
            .flatten();
        wanted.extend(dependencies.filter_map(Value::as_str).map(str::to_owned));
    }
    let text = |name: &String| format!("{name}: {:?}\n", packages.get(name));
    found.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
        package = [
            { name = "a", version = "1.0.0", dependencies = ["b 2.0.0"] },
            { name = "b", version = "1.0.0" },
            { name = "b", version = "2.0.0", checksum = "x", dependencies = ["a"] },
            { name = "c", version = "1.0.0" },
        ]"#;

    fn needed_in(lock: &str, package: &str) -> String {
        needed(&parse(lock).expect("a lock file"), package)
    }

    #[test]
    fn a_package_reads_what_it_needs_of_the_lock_file_and_nothing_else() {
        let of_a = needed_in(LOCK, "a");
        let other_c = LOCK.replace(
            r#"name = "c", version = "1.0.0""#,
            r#"name = "d", version = "9.0.0""#,
        );
        assert_eq!(needed_in(&other_c, "a"), of_a);
        assert_ne!(needed_in(&LOCK.replace("\"x\"", "\"y\""), "a"), of_a);
        assert_ne!(needed_in(&other_c, "c"), needed_in(LOCK, "c"));
    }

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

    #[test]
    fn a_pass_is_found_by_its_key_and_not_when_everything_is_to_run() {
        let folder = std::env::temp_dir().join(format!("guide-kept-{}", std::process::id()));
        let mut kept = Kept {
            root: PathBuf::new(),
            folder: folder.clone(),
            fresh: false,
            crates: BTreeMap::new(),
            snippets: BTreeMap::new(),
            used: Mutex::default(),
        };
        let tests = BTreeSet::from(["it_holds".to_owned()]);
        kept.write("k", Duration::from_secs(2), &tests)
            .expect("it can be written");
        let pass = kept.find("k").expect("it was kept");
        assert_eq!((pass.seconds, pass.tests), (2.0, tests));
        assert!(kept.find("l").is_none());
        kept.fresh = true;
        assert!(kept.find("k").is_none());
        kept.used = Mutex::default();
        kept.forget_the_others().expect("it can be removed");
        assert_eq!(fs::read_dir(&folder).expect("there").count(), 0);
        fs::remove_dir(&folder).expect("it is empty");
    }
}
