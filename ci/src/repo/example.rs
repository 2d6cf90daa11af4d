//! The example crates: `examples/TOPIC/VARIANT`, and those of the older bridge.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use toml::{Table, Value};

use crate::repo::bridge::{Bridge, InExample, in_example};
use crate::repo::pythons::Pythons;
use crate::repo::tree::Tree;

/// The folder of a crate with the drivers of blocks, see `driver`.
pub const DRIVERS: &str = "tests/blocks/";
/// The programs and packages that some crates are run with, by hash.
pub const CLIENTS: &str = "ci/clients.txt";

/// One complete crate, with what its manifests say.
#[derive(Clone)]
pub struct ExampleCrate {
    pub bridge: Bridge,
    pub topic: String,
    pub variant: String,
    /// The folder on the disk.
    pub folder: PathBuf,
    /// The same from the root, with `/`.
    pub dir: String,
    /// `Cargo.toml`.
    pub manifest: Table,
    /// The Pythons that it builds for, if it says so.
    pub pythons: Option<Pythons>,
    /// Whether this is a module that Python imports, and not a Rust program.
    pub is_native_module: bool,
    /// Whether it is a workspace by itself: a crate with a `Cargo.lock` of its own is.
    pub is_workspace: bool,
    /// The packages in its `python/`.
    pub packages: BTreeSet<String>,
    /// The programs and packages that its tests run it with, as `pyproject.toml` names them for `pip`.
    pub clients: Vec<String>,
}

/// Every crate, in the order of bridge, topic and variant.
pub fn all(tree: &Tree) -> Result<Vec<ExampleCrate>> {
    let manifests = tree.files.keys().filter_map(|file| in_example(file)).filter(|file| file.inside == "Cargo.toml");
    let crates = manifests.map(|manifest| {
        ExampleCrate::of(tree, &manifest).with_context(|| format!("examples/{}/Cargo.toml", manifest.name()))
    });
    let mut crates = crates.collect::<Result<Vec<_>>>()?;
    for bridge in Bridge::ALL {
        let has_one = crates.iter().any(|example| example.bridge == bridge);
        ensure!(has_one, "{}: no example crate found", bridge.examples());
    }
    crates.sort_by_key(|example| (example.bridge, example.topic.clone(), example.variant.clone()));
    Ok(crates)
}

impl ExampleCrate {
    fn of(tree: &Tree, found: &InExample) -> Result<Self> {
        let dir = format!("examples/{}", found.name());
        let manifest: Table = tree.table(&format!("{dir}/Cargo.toml"))?;
        let package = manifest.get("package").context("no [package]")?;
        ensure!(package.get("name").is_some_and(Value::is_str), "no name in [package]");
        let pyproject = format!("{dir}/pyproject.toml");
        let pyproject: Option<Table> = tree.has(&pyproject).then(|| tree.table(&pyproject)).transpose()?;
        let of_module = |key| pyproject.as_ref()?.get("project")?.get(key);
        let requires = of_module("requires-python")
            .or(package.get("metadata").and_then(|metadata| metadata.get("requires-python")));
        let clients = of_module("optional-dependencies").and_then(|groups| groups.get("test")?.as_array());
        let clients = clients.into_iter().flatten().filter_map(Value::as_str);
        let packages = tree.below(&dir).filter_map(|(file, _)| {
            let package = file.strip_prefix("python/")?.strip_suffix("/__init__.py")?;
            (!package.contains('/')).then(|| package.to_owned())
        });
        Ok(Self {
            bridge: found.bridge,
            topic: found.topic.to_owned(),
            variant: found.variant.to_owned(),
            folder: tree.root.join(&dir),
            is_workspace: tree.has(&format!("{dir}/Cargo.lock")),
            is_native_module: pyproject.is_some(),
            pythons: requires.and_then(Value::as_str).map(Pythons::parse).transpose()?,
            packages: packages.collect(),
            clients: clients.map(str::to_owned).collect(),
            manifest,
            dir,
        })
    }

    /// `topic/variant`, after `pyo3-asyncio/` for that bridge: the folder below `examples/`, and the
    /// name used in messages.
    pub fn name(&self) -> String {
        self.dir.trim_start_matches("examples/").to_owned()
    }

    /// A file inside it, from the root.
    pub fn file(&self, inside: &str) -> String {
        format!("{}/{inside}", self.dir)
    }

    /// Whether a topic, or the name of a crate, chooses it.
    pub fn is_of(&self, choice: &str) -> bool {
        self.topic == choice || self.name() == choice
    }

    /// The folder whose `Cargo.lock` holds its versions.
    pub fn workspace(&self, root: &Path) -> PathBuf {
        if self.is_workspace { self.folder.clone() } else { self.bridge.workspace(root) }
    }

    /// That lock file, from the root.
    pub fn lock(&self) -> String {
        if self.is_workspace { self.file("Cargo.lock") } else { self.bridge.lock() }
    }

    /// Crates of one environment share it, as Python sees it. Those with clients have one in which these are found.
    pub fn environment(&self) -> String {
        let name = if self.is_workspace { self.topic.clone() } else { self.bridge.dir_name(&self.variant) };
        if self.clients.is_empty() { name } else { name + "-with-clients" }
    }

    /// Crates with one key are verified one after the other: Python finds their modules by one name.
    pub fn exclusive_key(&self) -> String {
        let topic = if self.packages.is_empty() { &self.topic } else { "" };
        format!("{} {:?} {topic}", self.environment(), self.packages)
    }

    pub fn package(&self) -> &str {
        self.manifest["package"]["name"].as_str().unwrap_or_default()
    }

    /// The name of the module's library: that of `[lib]`, or else of the package.
    pub fn library(&self) -> String {
        let own = self.manifest.get("lib").and_then(|lib| lib.get("name")?.as_str());
        own.unwrap_or(self.package()).replace('-', "_")
    }

    /// The names of the programs in its manifest, or their paths, such as `src/wrong.rs`: `key` says which.
    pub fn programs(&self, key: &str) -> impl Iterator<Item = &str> {
        let programs = self.manifest.get("bin").and_then(Value::as_array).into_iter().flatten();
        programs.filter_map(move |program| program.get(key)?.as_str())
    }

    /// The crates that its manifest names.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        let tables = ["dependencies", "build-dependencies", "dev-dependencies"].into_iter();
        let tables = tables.filter_map(|name| self.manifest.get(name)?.as_table());
        tables.flat_map(|table| table.keys().map(String::as_str))
    }

    /// Whether it builds for Python 3.`minor`: its bridge does, and so does the crate itself.
    pub fn fits(&self, minor: u32) -> bool {
        self.bridge.runs_on(minor) && self.pythons.is_none_or(|pythons| pythons.hold(minor))
    }
}

#[cfg(test)]
mod tests {
    use crate::repo::tests::tree;

    #[test]
    fn a_crate_with_clients_has_another_environment_than_those_without() {
        let with = "[project]\nrequires-python = \">=3.9\"\n[project.optional-dependencies]\ntest = [\"uvicorn\"]\n";
        let repo = tree(&[
            ("examples/served/tokio/Cargo.toml", "[package]\nname = \"served\"\n"),
            ("examples/served/tokio/pyproject.toml", with),
            ("examples/alone/tokio/Cargo.toml", "[package]\nname = \"alone\"\n"),
            ("examples/alone/tokio/pyproject.toml", "[project]\n"),
        ]);
        let of = |name: &str| {
            let example = repo.crate_named(name).expect("a crate");
            (example.environment(), example.clients.join(" "))
        };
        assert_eq!(of("served/tokio"), ("tokio-with-clients".to_owned(), "uvicorn".to_owned()));
        assert_eq!(of("alone/tokio"), ("tokio".to_owned(), String::new()));
    }
}
