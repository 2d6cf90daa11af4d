//! `Cargo.lock`: the versions of its packages, and what each needs.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    /// `NAME`, or `NAME VERSION` where there are several of that name.
    #[serde(default)]
    dependencies: Vec<String>,
}

impl Lock {
    pub fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).context("no lock file of Cargo")
    }

    /// Each package by name, with its versions.
    pub fn versions(&self) -> BTreeMap<String, Vec<String>> {
        let mut versions: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for package in &self.package {
            versions.entry(package.name.clone()).or_default().push(package.version.clone());
        }
        versions
    }

    /// What it says of a package and of all that this needs, and of nothing else: the packages of another
    /// crate change nothing of this one.
    pub fn needed(&self, package: &str) -> String {
        let mut by_name: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
        for package in &self.package {
            by_name.entry(&package.name).or_default().push(package);
        }
        let mut wanted = vec![package];
        let mut found = BTreeSet::new();
        while let Some(name) = wanted.pop() {
            if found.insert(name) {
                // Where several have that name, all of them.
                let needs = by_name.get(name).into_iter().flatten().flat_map(|package| &package.dependencies);
                wanted.extend(needs.filter_map(|need| need.split(' ').next()));
            }
        }
        let packages = self.package.iter().filter(|package| found.contains(package.name.as_str()));
        let line = |Package { name, version, source, checksum, dependencies }: &Package| {
            format!("{name} {version} {source:?} {checksum:?} {dependencies:?}\n")
        };
        packages.map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "a"
version = "1.0.0"
dependencies = ["b 2.0.0"]

[[package]]
name = "b"
version = "1.0.0"

[[package]]
name = "b"
version = "2.0.0"
source = "registry+https://example.org/index"
checksum = "00000000000000000000000000000000000000000000000000000000000000aa"
dependencies = ["a"]

[[package]]
name = "c"
version = "1.0.0"
"#;

    fn needed_in(lock: &str, package: &str) -> String {
        Lock::parse(lock).expect("a lock file").needed(package)
    }

    #[test]
    fn a_package_reads_what_it_needs_of_the_lock_file_and_nothing_else() {
        let of_a = needed_in(LOCK, "a");
        let other_c = LOCK.replace("name = \"c\"\nversion = \"1.0.0\"", "name = \"d\"\nversion = \"9.0.0\"");
        assert_eq!(needed_in(&other_c, "a"), of_a);
        assert_ne!(needed_in(&LOCK.replace("00aa", "00bb"), "a"), of_a);
        assert_ne!(needed_in(&other_c, "c"), needed_in(LOCK, "c"));
    }

    #[test]
    fn a_name_may_have_several_versions() {
        let versions = Lock::parse(LOCK).expect("a lock file").versions();
        assert_eq!(versions["b"], ["1.0.0", "2.0.0"]);
    }
}
