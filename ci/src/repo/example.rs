//! The example crates: `examples/TOPIC/VARIANT`, and those of the older bridge.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
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
    pub manifest: Manifest,
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

/// What the checks read of `Cargo.toml`.
#[derive(Clone, Deserialize)]
pub struct Manifest {
    package: Package,
    lib: Option<Target>,
    /// The programs that it names.
    #[serde(default)]
    pub bin: Vec<Target>,
    #[serde(flatten)]
    tables: Table,
}

#[derive(Clone, Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    metadata: Table,
}

#[derive(Clone, Deserialize)]
pub struct Target {
    pub name: Option<String>,
    /// Such as `src/wrong.rs`.
    pub path: Option<String>,
}

/// What the checks read of `pyproject.toml`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct PyProject {
    project: Project,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Project {
    requires_python: Option<String>,
    optional_dependencies: BTreeMap<String, Vec<String>>,
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
        let manifest: Manifest = tree.table(&format!("{dir}/Cargo.toml"))?;
        let pyproject = format!("{dir}/pyproject.toml");
        let is_native_module = tree.has(&pyproject);
        let PyProject { mut project } = if is_native_module { tree.table(&pyproject)? } else { PyProject::default() };
        let of_program = manifest.package.metadata.get("requires-python").and_then(Value::as_str);
        let requires = project.requires_python.as_deref().or(of_program);
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
            is_native_module,
            pythons: requires.map(Pythons::parse).transpose()?,
            packages: packages.collect(),
            clients: project.optional_dependencies.remove("test").unwrap_or_default(),
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
        &self.manifest.package.name
    }

    /// The name of the module's library: that of `[lib]`, or else of the package.
    pub fn library(&self) -> String {
        let own = self.manifest.lib.as_ref().and_then(|lib| lib.name.as_deref());
        own.unwrap_or(self.package()).replace('-', "_")
    }

    /// The crates that its manifest names.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        let tables = ["dependencies", "build-dependencies", "dev-dependencies"].into_iter();
        let tables = tables.filter_map(|name| self.manifest.tables.get(name)?.as_table());
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
