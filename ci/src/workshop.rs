//! Where example crates are built and run: each one copied alone, out of the repository.
//!
//! Crates of one track and variant share a *lane*: a virtual environment and a target folder of their
//! own, so that the variants of a topic, which give Python the same module, can be verified side by side.
//! The crates of a topic that are workspaces by themselves share a lane's virtual environment, and no target
//! folder. Crates of a lane whose modules have the same name are verified one after the other.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use walkdir::{DirEntry, WalkDir};

use crate::on_uvloop::FOLDER;
use crate::project::{self, ExampleCrate, Project};
use crate::run;

/// Whether a copy is built with the versions of the repository's lock file or without a lock file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    Seeded,
    None,
}

/// A copy of one crate, and how to run commands in it.
pub struct Bench {
    pub example: ExampleCrate,
    /// The copy's folder.
    pub folder: PathBuf,
    /// The minor number of the Python in use.
    pub minor: u32,
    environment: Variables,
    /// What `cargo` needs in a module's copy: maturin builds pyo3 otherwise, in a folder of its own.
    cargo_environment: Variables,
}

/// Environment variables to set, or to remove.
type Variables = Vec<(OsString, Option<OsString>)>;

const ASSERT_UVLOOP: &str = "import asyncio; loop = asyncio.new_event_loop(); loop.close(); \
assert type(loop).__module__ == 'uvloop', loop";

impl Bench {
    /// Copies the crate and makes the virtual environment of its lane, if there is none yet.
    pub fn set_up(project: &Project, example: &ExampleCrate, lock: Lock) -> Result<Self> {
        let place = if lock == Lock::Seeded {
            "seeded"
        } else {
            "alone"
        };
        let folder = project.copies.join(place).join(example.name());
        copy(&example.folder, &folder)?;
        match lock {
            Lock::Seeded => seed_lock(&example.workspace(&project.root), &folder)?,
            Lock::None => remove_if_there(&folder.join("Cargo.lock"))?,
        }
        build_again_after_another(project, example, &folder)?;
        let apps = app_environment(project, &place_of(example, "apps"));
        let environment = if example.is_native_module() {
            let target = format!("modules-{}", place_of(example, &example.variant));
            lane_environment(project, &example.lane(), &target)?
        } else {
            apps.clone()
        };
        Ok(Self {
            example: example.clone(),
            folder,
            minor: project.minor()?,
            environment,
            cargo_environment: apps,
        })
    }

    /// A folder beside those of the builds, for builds that must not meet them.
    pub fn beside_builds(&self, name: &str) -> PathBuf {
        let target = self
            .environment
            .iter()
            .find(|(variable, _)| variable == "CARGO_TARGET_DIR");
        let target = target.and_then(|(_, value)| Path::new(value.as_ref()?).parent());
        target.unwrap_or(&self.folder).join(name)
    }

    /// The folder of the lane's virtual environment.
    pub fn environment_folder(&self) -> Result<PathBuf> {
        let mut set = self.environment.iter();
        set.find(|(variable, _)| variable == "VIRTUAL_ENV")
            .and_then(|(_, value)| value.as_ref().map(PathBuf::from))
            .context("the crate has no virtual environment: it is no module")
    }

    /// Builds where the crates of another's track and variant are built: a copy of it needs the same packages.
    pub fn build_beside(&mut self, project: &Project, other: &ExampleCrate) {
        let name = if other.is_native_module() {
            format!("modules-{}", other.variant)
        } else {
            "apps".to_owned()
        };
        let folder = project.builds.join(other.track.place(&name));
        set(&mut self.environment, "CARGO_TARGET_DIR", folder);
    }

    /// Has the tests of clean exits make only a few: for a run whose subject is another, and unless the
    /// number is set already.
    pub fn make_few_exits(&mut self) {
        if std::env::var_os("CLEAN_EXITS").is_none() {
            for variables in [&mut self.environment, &mut self.cargo_environment] {
                set(variables, "CLEAN_EXITS", "3");
            }
        }
    }

    /// Makes uvloop's event loops the default ones of every Python that starts here, and asks one for its loop.
    pub fn use_uvloop(&mut self, project: &Project) -> Result<()> {
        let packages = project::packages_of(&project.python)?;
        let path = std::env::join_paths([project.root.join(FOLDER), packages.into()])
            .context("PYTHONPATH cannot be joined")?;
        for variables in [&mut self.environment, &mut self.cargo_environment] {
            set(variables, "PYTHONPATH", &path);
        }
        self.must("python3", &["-c", ASSERT_UVLOOP]).map(drop)
    }

    /// Gives a command this bench's environment.
    pub fn prepare(&self, command: &mut Command) {
        apply(&self.environment, command);
    }

    /// Gives the shell that runs this line of a transcript its environment.
    pub fn prepare_shell(&self, line: &str, shell: &mut Command) {
        self.prepare(shell);
        if line.contains("cargo ") {
            apply(&self.cargo_environment, shell);
        }
    }

    /// Runs a program in the copy; an error holds all it printed.
    pub fn must(&self, program: &str, arguments: &[&str]) -> Result<String> {
        self.must_in(&self.folder, program, arguments)
    }

    /// The same in another folder.
    pub fn must_in(&self, folder: &Path, program: &str, arguments: &[&str]) -> Result<String> {
        let ended = self.run_in(folder, program, arguments)?;
        if !ended.success {
            bail!(
                "`{program} {}` in {} failed:\n{}",
                arguments.join(" "),
                folder.display(),
                ended.text.trim_end()
            );
        }
        Ok(ended.text)
    }

    /// Runs a command in the folder, whatever becomes of it.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Result<run::Ended> {
        self.run_in(&self.folder, program, arguments)
    }

    fn run_in(&self, folder: &Path, program: &str, arguments: &[&str]) -> Result<run::Ended> {
        let mut command = Command::new(self.find(program));
        command.args(arguments).current_dir(folder);
        self.prepare(&mut command);
        run::run(&mut command)
    }

    /// A program on the bench's own PATH: `Command` looks in the PATH of this process.
    pub fn find(&self, program: &str) -> PathBuf {
        let path = self
            .environment
            .iter()
            .find(|(name, _)| name == "PATH")
            .and_then(|(_, value)| value.as_ref());
        let folders = path
            .map(|path| std::env::split_paths(path).collect::<Vec<_>>())
            .unwrap_or_default();
        let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
        folders
            .iter()
            .map(|folder| folder.join(&name))
            .find(|path| path.is_file())
            .unwrap_or_else(|| program.into())
    }
}

/// Where the crate is built: a workspace by itself in a folder of its own, the others by `name`.
fn place_of(example: &ExampleCrate, name: &str) -> String {
    if example.is_workspace() {
        example.name().replace('/', "-")
    } else {
        example.track.place(name)
    }
}

fn apply(variables: &Variables, command: &mut Command) {
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
}

/// Makes Cargo build this crate again if it was last built from another folder.
///
/// Copies of one crate for different checks share a target folder and file names there, and Cargo
/// takes what one of them left for the other's.
fn build_again_after_another(
    project: &Project,
    example: &ExampleCrate,
    folder: &Path,
) -> Result<()> {
    let last = project
        .builds
        .join("last-built")
        .join(example.name().replace('/', "-"));
    let this = folder.display().to_string();
    if fs::read_to_string(&last).is_ok_and(|last| last == this) {
        return Ok(());
    }
    for path in sources(folder)?
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
    {
        File::options()
            .write(true)
            .open(folder.join(path))
            .and_then(|file| file.set_modified(SystemTime::now()))
            .with_context(|| format!("cannot touch {}", path.display()))?;
    }
    project::write_if_changed(&last, this.as_bytes())
}

/// The virtual environment of a lane; it sees the tools of the main one (pytest, mypy, uvloop).
fn lane_environment(project: &Project, lane: &str, target: &str) -> Result<Variables> {
    let venvs = project.builds.join("venvs");
    let venv = venvs.join(lane);
    // Of the crates that want it at the same time, one makes it.
    let making = lock(&venvs, lane)?;
    let ready = venv.join("ready");
    // The tools' place as well: a checkout that was moved has environments that look where it was.
    let wanted = format!("{} {}", project.python_version, project.python.display());
    if !fs::read_to_string(&ready).is_ok_and(|found| found == wanted) {
        make_venv(project, &venv)?;
        fs::write(&ready, &wanted).with_context(|| format!("cannot write {}", ready.display()))?;
    }
    drop(making);
    let mut environment = common_environment();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(scripts(&venv)).chain(std::env::split_paths(&path));
    set(
        &mut environment,
        "PATH",
        std::env::join_paths(folders).context("PATH cannot be joined")?,
    );
    set(&mut environment, "VIRTUAL_ENV", venv);
    set(
        &mut environment,
        "CARGO_TARGET_DIR",
        project.builds.join(target),
    );
    environment.push(("PYO3_PYTHON".into(), None));
    Ok(environment)
}

/// Others that ask for this lock, in other processes too, wait until the file is dropped.
fn lock(folder: &Path, name: &str) -> Result<File> {
    let path = folder.join(format!("{name}.lock"));
    fs::create_dir_all(folder)
        .and_then(|()| File::create(&path))
        .and_then(|file| file.lock().map(|()| file))
        .with_context(|| format!("cannot lock {}", path.display()))
}

fn app_environment(project: &Project, target: &str) -> Variables {
    let mut environment = common_environment();
    set(
        &mut environment,
        "CARGO_TARGET_DIR",
        project.builds.join(target),
    );
    set(&mut environment, "PYO3_PYTHON", &project.python);
    environment
}

/// Builds are verified, not debugged: without debug information they take half the time and disk.
pub const NO_DEBUG_INFO: (&str, &str) = ("CARGO_PROFILE_DEV_DEBUG", "0");

/// No setting of the person at the keyboard changes what a program prints.
fn common_environment() -> Variables {
    let mut environment = Vec::new();
    for name in [
        "RUST_BACKTRACE",
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONSTARTUP",
        "PYTHONWARNINGS",
        "PYTHONASYNCIODEBUG",
        "PYTHONDEVMODE",
        "LD_LIBRARY_PATH",
        "TRYBUILD",
    ] {
        environment.push((name.into(), None));
    }
    for (name, value) in [
        ("CARGO_TERM_COLOR", "never"),
        ("NO_COLOR", "1"),
        ("PYTHON_COLORS", "0"),
        ("PYTHONUTF8", "1"),
        ("LC_ALL", "C.UTF-8"),
        // Crates that share an environment install at the same time, and pip would warn of a package
        // that another one is just replacing.
        ("PIP_QUIET", "2"),
        NO_DEBUG_INFO,
    ] {
        set(&mut environment, name, value);
    }
    environment
}

fn set(environment: &mut Variables, name: &str, value: impl Into<OsString>) {
    environment.push((name.into(), Some(value.into())));
}

/// A new virtual environment that sees the tools of the main one.
pub fn make_venv(project: &Project, venv: &Path) -> Result<()> {
    project::output_of(
        Command::new(&project.python)
            .args(["-m", "venv", "--clear"])
            .arg(venv),
    )
    .context("cannot make a virtual environment")?;
    let python = scripts(venv).join(format!("python{}", std::env::consts::EXE_SUFFIX));
    let link = Path::new(&project::packages_of(&python)?).join("guide_tools.pth");
    fs::write(&link, project::packages_of(&project.python)?)
        .with_context(|| format!("cannot write {}", link.display()))
}

/// Where a virtual environment has its programs.
pub fn scripts(venv: &Path) -> PathBuf {
    venv.join(if cfg!(windows) { "Scripts" } else { "bin" })
}

fn seed_lock(workspace: &Path, folder: &Path) -> Result<()> {
    let lock = fs::read(workspace.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    // Cargo prunes its own copy: compare with what was seeded, not with what it made of it.
    let seeded = folder.with_extension("seeded-lock");
    if fs::read(&seeded).is_ok_and(|old| old == lock) && folder.join("Cargo.lock").is_file() {
        return Ok(());
    }
    project::write_if_changed(&folder.join("Cargo.lock"), &lock)?;
    project::write_if_changed(&seeded, &lock)
}

fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Makes `to` hold the sources of `from`, and nothing else that an author wrote.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let wanted = sources(from)?;
    for path in sources(to)? {
        if !wanted.contains(&path) && path != Path::new("Cargo.lock") {
            remove_if_there(&to.join(path))?;
        }
    }
    for path in wanted {
        let content = fs::read(from.join(&path))
            .with_context(|| format!("cannot read {}", path.display()))?;
        project::write_if_changed(&to.join(&path), &content)?;
    }
    Ok(())
}

/// The files under a folder that are neither caches nor built.
pub fn sources(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in WalkDir::new(folder)
        .into_iter()
        .filter_entry(|entry| !is_generated(entry))
    {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        if entry.file_type().is_file() {
            files.insert(entry.path().strip_prefix(folder)?.to_path_buf());
        }
    }
    Ok(files)
}

pub fn is_generated(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    let cache = ["target", "__pycache__", ".pytest_cache", ".mypy_cache"].contains(&name.as_ref());
    cache
        || [".so", ".pyd", ".dylib"]
            .iter()
            .any(|end| name.ends_with(end))
}
