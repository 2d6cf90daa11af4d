//! `ci/free-threaded/older.toml`: the Pythons without the GIL for which the examples' pyo3 does not build, and the older
//! one that they are built with there.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use regex::Regex;
use serde::Deserialize;

use crate::repo::lock::Lock;
use crate::repo::pythons::Release;
use crate::repo::{ExampleCrate, Repo};

const FILE: &str = "ci/free-threaded/older.toml";
/// What the manifests with the older versions were resolved to.
pub const LOCK: &str = "ci/free-threaded/Cargo.lock";

/// The versions for one Python, and what cannot be built or tested with them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Older {
    /// Such as `3.13t`.
    python: String,
    /// The requirement of each package that is older, by name.
    versions: BTreeMap<String, String>,
    /// The crates that are left out, by name, and why.
    #[serde(default)]
    left_out: BTreeMap<String, String>,
    /// The tests of other crates that are about the newer pyo3 or another build, by crate and name, and why.
    #[serde(default)]
    pub tests: BTreeMap<String, BTreeMap<String, String>>,
    /// The tools of Python that are not installed there, and why.
    #[serde(default)]
    pub tools: BTreeMap<String, String>,
}

impl Older {
    /// What the file says of a Python; nothing, if the examples' own pyo3 builds for it.
    pub fn of(repo: &Repo, release: Release) -> Result<Option<Self>> {
        if !release.is_free_threaded {
            return Ok(None);
        }
        let older: Self = repo.table(FILE)?;
        let mut named = older.left_out.keys().chain(older.tests.keys());
        let unknown = named.find(|name| repo.crate_named(name).is_none());
        ensure!(unknown.is_none(), "{FILE}: {}: no such crate", unknown.map_or("", String::as_str));
        Ok((Release::of(&older.python).context(FILE)? == release).then_some(older))
    }

    /// The older pyo3, as the lock file has it.
    pub fn pyo3(repo: &Repo) -> Result<String> {
        let pyo3 = Lock::parse(repo.must(LOCK)?).context(LOCK)?.versions().remove("pyo3");
        pyo3.and_then(|versions| versions.into_iter().next()).with_context(|| format!("{LOCK}: no pyo3"))
    }

    /// Why a crate is left out, if it is. One with a lock file of its own stands for another pyo3.
    pub fn leaves_out(&self, example: &ExampleCrate) -> Option<&str> {
        let own = example.is_workspace.then_some("it stands for the versions of its own lock file");
        self.left_out.get(&example.name()).map(String::as_str).or(own)
    }

    /// A manifest with the older versions in the place of its own.
    pub fn manifest(&self, example: &ExampleCrate, text: &str) -> Result<String> {
        let mut text = text.to_owned();
        for (name, version) in self.versions.iter().filter(|(name, _)| example.needs().any(|need| need == *name)) {
            let requirement = Regex::new(&format!(r#"(?m)^({name} = (?:\{{ version = )?)"[^"\n]+""#))?;
            ensure!(requirement.is_match(&text), "{}/Cargo.toml: {name} = … has no version in its line", example.dir);
            text = requirement.replace_all(&text, format!(r#"${{1}}"{version}""#)).into_owned();
        }
        Ok(text)
    }

    /// Whether a lock file has the versions of another, but for those packages that are older and what is theirs.
    pub fn is_in_step(lock: &str, with: &str) -> Result<bool> {
        let theirs = Lock::parse(with)?.versions();
        Ok(Lock::parse(lock)?.versions().iter().all(|(name, versions)| {
            let has_all = |theirs: &Vec<String>| versions.iter().all(|version| theirs.contains(version));
            name.starts_with("pyo3") || theirs.get(name).is_some_and(has_all)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    const OLDER: &str = "python = \"3.13t\"\n[versions]\npyo3 = \"0.28\"\npyo3-log = \"0.12\"\n\
                         [left-out]\n\"first/tokio\" = \"it is too new\"\n[tests.\"a/tokio\"]\ntest_text = \"it was another\"\n[tools]\nuvloop = \"no wheel\"\n";
    const MANIFEST: &str = "[package]\nname = \"a\"\n\n[dependencies]\npyo3 = { version = \"0.30\", features = [\"b\"] }\n\
                            tokio = \"1\"\n\n[build-dependencies]\npyo3 = \"0.30\"\n";

    fn older(repo: &Repo) -> Older {
        Older::of(repo, Release::of("3.13t").expect("a release")).expect("it is sound").expect("it is about it")
    }

    fn repo(text: &str) -> Repo {
        tree(&[(FILE, text), ("examples/a/tokio/Cargo.toml", MANIFEST)])
    }

    #[test]
    fn one_python_has_older_versions_and_the_others_have_not() {
        let repo = repo(OLDER);
        for name in ["3.13", "3.14t"] {
            assert!(Older::of(&repo, Release::of(name).expect("a release")).expect("sound").is_none());
        }
        let older = older(&repo);
        let why = |name: &str| older.leaves_out(repo.crate_named(name).expect("a crate"));
        assert_eq!((why("first/tokio"), why("a/tokio")), (Some("it is too new"), None));
        assert_eq!(
            (older.tests["a/tokio"]["test_text"].as_str(), older.tools["uvloop"].as_str()),
            ("it was another", "no wheel")
        );
    }

    #[test]
    fn a_crate_that_is_left_out_must_be_there() {
        let repo = repo(&OLDER.replace("first/tokio", "first/smol"));
        let error = Older::of(&repo, Release::of("3.13t").expect("a release")).err().expect("it is wrong");
        assert_eq!(error.to_string(), "ci/free-threaded/older.toml: first/smol: no such crate");
    }

    #[test]
    fn a_manifest_gets_each_older_version_wherever_it_names_the_package() {
        let repo = repo(OLDER);
        let example = repo.crate_named("a/tokio").expect("a crate");
        let text = older(&repo).manifest(example, MANIFEST).expect("it has versions");
        assert_eq!(text, MANIFEST.replace("0.30", "0.28"));
        let table = "[dependencies.pyo3]\nversion = \"0.30\"\n";
        let error = older(&repo).manifest(example, table).expect_err("no line has it");
        assert_eq!(error.to_string(), "examples/a/tokio/Cargo.toml: pyo3 = … has no version in its line");
    }

    #[test]
    fn a_lock_file_is_in_step_if_only_what_is_older_differs() {
        let lock = |pyo3: &str, tokio: &str| {
            let package =
                |(name, version): (&str, &str)| format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
            [("pyo3", pyo3), ("pyo3-ffi", pyo3), ("tokio", tokio)].map(package).concat()
        };
        let is_in_step = |lock: &str, with: &str| Older::is_in_step(lock, with).expect("lock files");
        assert!(is_in_step(&lock("0.28.3", "1.2.0"), &lock("0.30.1", "1.2.0")));
        assert!(!is_in_step(&lock("0.28.3", "1.2.0"), &lock("0.30.1", "1.3.0")));
        assert!(Older::is_in_step("no", &lock("1.0.0", "1.0.0")).is_err());
    }
}
