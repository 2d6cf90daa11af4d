//! Where things are: the repository, its pages, its example crates, and the Python in use.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::pythons;
use crate::track::{InExample, Track};

pub const LANGUAGES: [&str; 2] = ["en", "zh"];

/// The repository and the Python that everything is run against.
pub struct Project {
    pub root: PathBuf,
    /// The interpreter of the virtual environment that `ci/just` made.
    pub python: PathBuf,
    /// Its version, such as `3.11.7`.
    pub python_version: String,
    /// Builds for this Python: cargo's target folders, virtual environments, expanded pages.
    pub builds: PathBuf,
    /// Copies of the example crates, outside the repository as a reader would have them.
    pub copies: PathBuf,
}

impl Project {
    /// Finds the repository from the current folder and the Python from `PYO3_PYTHON`.
    pub fn find() -> Result<Self> {
        let root = root()?;
        let python = PathBuf::from(std::env::var_os("PYO3_PYTHON").context(
            "PYO3_PYTHON is not set: start this through `ci/just`, which makes the virtual environment",
        )?);
        let python_version = output_of(
            Command::new(&python).args(["-c", "import platform; print(platform.python_version())"]),
        )?;
        let minor = python_version
            .split('.')
            .take(2)
            .collect::<Vec<_>>()
            .join(".");
        let builds = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
            || root.join("target").join(format!("py{minor}")),
            PathBuf::from,
        );
        let copies = std::env::temp_dir()
            .join(format!(
                "async-rust-python-{}",
                &hash(&root.to_string_lossy())[..8]
            ))
            .join(&minor);
        Ok(Self {
            root,
            python,
            python_version,
            builds,
            copies,
        })
    }

    /// The `13` of Python 3.13.0.
    pub fn minor(&self) -> Result<u32> {
        minor_of(&self.python_version)
    }
}

/// The `13` of `3.13.0`.
pub fn minor_of(version: &str) -> Result<u32> {
    let minor = version.split('.').nth(1);
    let minor = minor.and_then(|minor| minor.parse().ok());
    minor.with_context(|| format!("{version}: not a Python version"))
}

/// Every example crate, in the order of track, topic and variant.
pub fn crates(root: &Path) -> Result<Vec<ExampleCrate>> {
    let mut crates = Vec::new();
    for track in Track::ALL {
        let examples = root.join(track.examples());
        for entry in WalkDir::new(&examples)
            .min_depth(3)
            .max_depth(3)
            .sort_by_file_name()
        {
            let entry = entry.context("cannot list the examples")?;
            let inside_other = Track::ALL.iter().any(|other| {
                *other > track && entry.path().starts_with(root.join(other.examples()))
            });
            if entry.file_name() == "Cargo.toml" && !inside_other {
                crates.push(ExampleCrate::at(root, track, entry.path())?);
            }
        }
        if crates.is_empty() {
            bail!("{}: no example crate found", examples.display());
        }
    }
    Ok(crates)
}

/// The repository's folder: the nearest one above the current folder that has a `book.toml`.
pub fn root() -> Result<PathBuf> {
    let here = std::env::current_dir().context("no current folder")?;
    here.ancestors()
        .find(|folder| folder.join("book.toml").is_file())
        .map(Path::to_path_buf)
        .with_context(|| {
            format!(
                "{}: not inside the guide's repository (no book.toml)",
                here.display()
            )
        })
}

/// The crates that can run here: `book/exempt.toml` says which cannot on Windows, and a track or a crate
/// may not build for the Python in use.
pub fn crates_here(project: &Project) -> Result<Vec<ExampleCrate>> {
    let exempt = Exempt::load(&project.root)?;
    let minor = project.minor()?;
    let mut here = Vec::new();
    for example in crates(&project.root)? {
        if exempt.runs_here(&example.topic) && pythons::fit(&example, minor)? {
            here.push(example);
        }
    }
    Ok(here)
}

/// `book/exempt.toml`: what is not verified in the usual way, and why.
pub struct Exempt {
    /// Files whose blocks are compiled but not run.
    pub no_run: BTreeMap<String, String>,
    /// Topics whose crates cannot run on Windows.
    pub not_on_windows: BTreeMap<String, String>,
}

impl Exempt {
    pub fn load(root: &Path) -> Result<Self> {
        let path = root.join("book/exempt.toml");
        let mut tables: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(&read(&path)?)
            .with_context(|| format!("{} is malformed", path.display()))?;
        let mut table = |name| tables.remove(name).unwrap_or_default();
        Ok(Self {
            no_run: table("no_run"),
            not_on_windows: table("not_on_windows"),
        })
    }

    pub fn runs_here(&self, topic: &str) -> bool {
        !cfg!(windows) || !self.not_on_windows.contains_key(topic)
    }
}

/// One complete crate under `examples/<topic>/<variant>`, or under `examples/pyo3-asyncio/`.
#[derive(Clone)]
pub struct ExampleCrate {
    pub track: Track,
    pub topic: String,
    pub variant: String,
    /// The folder in the repository.
    pub folder: PathBuf,
}

impl ExampleCrate {
    fn at(root: &Path, track: Track, manifest: &Path) -> Result<Self> {
        let folder = manifest
            .parent()
            .context("a manifest has a folder")?
            .to_path_buf();
        let inside = folder.strip_prefix(root.join(track.examples()))?;
        let mut names = inside
            .iter()
            .map(|name| name.to_string_lossy().into_owned());
        let (Some(topic), Some(variant)) = (names.next(), names.next()) else {
            bail!("{}: not examples/<topic>/<variant>", folder.display());
        };
        Ok(Self {
            track,
            topic,
            variant,
            folder,
        })
    }

    /// `topic/variant`, after `pyo3-asyncio/` in that track: the folder below `examples/`, and the
    /// name used in messages.
    pub fn name(&self) -> String {
        let name = format!("{}/{}", self.topic, self.variant);
        match self.track {
            Track::Current => name,
            Track::Pyo3Asyncio => format!("pyo3-asyncio/{name}"),
        }
    }

    /// Whether it is a workspace by itself: a crate with a `Cargo.lock` of its own is.
    pub fn is_workspace(&self) -> bool {
        self.folder.join("Cargo.lock").is_file()
    }

    /// The folder whose `Cargo.lock` holds its versions.
    pub fn workspace(&self, root: &Path) -> PathBuf {
        if self.is_workspace() {
            self.folder.clone()
        } else {
            self.track.workspace(root)
        }
    }

    /// Crates of one lane share a virtual environment.
    pub fn lane(&self) -> String {
        if self.is_workspace() {
            self.topic.clone()
        } else {
            self.track.place(&self.variant)
        }
    }

    /// Crates of one place are verified one after the other: Python finds their modules by one name.
    pub fn place(&self) -> String {
        let packages = fs::read_dir(self.folder.join("python"));
        let names = packages.into_iter().flatten().filter_map(Result::ok);
        let mut names: Vec<_> = names.map(|package| package.file_name()).collect();
        names.sort();
        format!(
            "{} {names:?} {}",
            self.lane(),
            if names.is_empty() { &self.topic } else { "" }
        )
    }

    /// Whether this is a module that Python imports (and not a Rust program).
    pub fn is_native_module(&self) -> bool {
        self.folder.join("pyproject.toml").is_file()
    }

    /// The name of the module's library: that of `[lib]`, or else of the package.
    pub fn library(&self) -> Result<String> {
        let name = self.named("lib")?.map_or_else(|| self.package(), Ok)?;
        Ok(name.replace('-', "_"))
    }

    /// The name of its package.
    pub fn package(&self) -> Result<String> {
        self.named("package")?
            .with_context(|| format!("{}: its package has no name", self.name()))
    }

    /// The name in a table of its manifest.
    fn named(&self, table: &str) -> Result<Option<String>> {
        let manifest = self.manifest()?;
        let name = || manifest.get(table)?.get("name")?.as_str();
        Ok(name().map(str::to_owned))
    }

    fn manifest(&self) -> Result<toml::Table> {
        let path = self.folder.join("Cargo.toml");
        toml::from_str(&read(&path)?).with_context(|| path.display().to_string())
    }

    /// The programs that its manifest names, of which Cargo must be told one.
    pub fn programs(&self) -> Result<Vec<String>> {
        let manifest = self.manifest()?;
        let programs = manifest.get("bin").and_then(toml::Value::as_array);
        let names = programs.into_iter().flatten();
        let names = names.filter_map(|program| program.get("name")?.as_str());
        Ok(names.map(str::to_owned).collect())
    }

    /// The files of the programs that its manifest names, such as `src/wrong.rs`.
    pub fn program_files(&self) -> Result<Vec<PathBuf>> {
        let manifest = self.manifest()?;
        let programs = manifest.get("bin").and_then(toml::Value::as_array);
        let files = programs.into_iter().flatten();
        let files = files.filter_map(|program| program.get("path")?.as_str());
        Ok(files.map(PathBuf::from).collect())
    }

    /// The crates that its manifest names.
    pub fn needs(&self) -> Result<Vec<String>> {
        let manifest = self.manifest()?;
        let tables = ["dependencies", "build-dependencies", "dev-dependencies"];
        let tables = tables
            .iter()
            .filter_map(|name| manifest.get(*name)?.as_table());
        Ok(tables.flat_map(|table| table.keys().cloned()).collect())
    }

    /// The files of the crate with this extension that stand beside its manifest.
    pub fn files_with_extension(&self, extension: &str) -> Result<Vec<PathBuf>> {
        let mut files: Vec<PathBuf> = fs::read_dir(&self.folder)
            .with_context(|| format!("cannot list {}", self.folder.display()))?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|found| found == extension))
            .collect();
        files.sort();
        Ok(files)
    }
}

impl InExample<'_> {
    /// The crate that the file is in.
    pub fn example(&self, root: &Path) -> ExampleCrate {
        ExampleCrate {
            track: self.track,
            topic: self.topic.to_owned(),
            variant: self.variant.to_owned(),
            folder: root
                .join(self.track.examples())
                .join(self.topic)
                .join(self.variant),
        }
    }
}

/// The pages of one language as paths like `start/first-app.md`, sorted; `SUMMARY.md` is not one.
pub fn pages(root: &Path, language: &str) -> Result<Vec<String>> {
    let folder = root.join("book").join(language);
    let mut pages = Vec::new();
    for entry in WalkDir::new(&folder).sort_by_file_name() {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "md")
            && entry.file_name() != "SUMMARY.md"
        {
            pages.push(slashed(path.strip_prefix(&folder)?));
        }
    }
    Ok(pages)
}

/// The folder where this interpreter looks for packages that are installed.
pub fn packages_of(python: &Path) -> Result<String> {
    output_of(Command::new(python).args([
        "-c",
        "import sysconfig; print(sysconfig.get_path('purelib'))",
    ]))
}

/// A relative path with `/` on every system.
pub fn slashed(path: &Path) -> String {
    path.iter()
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

/// mdBook with this program as its preprocessor, whatever `book.toml` would start.
pub fn mdbook(root: &Path) -> Result<Command> {
    let this = std::env::current_exe().context("this program does not know its own path")?;
    let mut command = Command::new("mdbook");
    command.current_dir(root).env(
        "MDBOOK_PREPROCESSOR__GUIDE__COMMAND",
        format!(
            "\"{}\" preprocess",
            this.display().to_string().replace('\\', "/")
        ),
    );
    Ok(command)
}

pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a file only if its content changes, so that build tools see no newer file.
pub fn write_if_changed(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// The SHA-256 of a text, in hexadecimal.
pub fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// What a command prints, without the space around it; an error if it fails.
pub fn output_of(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {command:?}"))?;
    if !output.status.success() {
        bail!(
            "{command:?} failed:\n{}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(String::from_utf8(output.stdout)
        .context("output is not UTF-8")?
        .trim()
        .to_owned())
}
