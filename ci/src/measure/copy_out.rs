//! An example under another name: `copy` makes a project of the reader's own of it, `new-example` the
//! start of another example.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use regex::Regex;

use crate::check::sizes::{self, Kinds};
use crate::repo::renaming::{self, Names};
use crate::repo::{ExampleCrate, example::DRIVERS, files, page};
use crate::run::{Project, command};

/// The Python tools that `ci/just` installs.
const TOOLS: &str = "ci/requirements.in";

/// `copy EXAMPLE FOLDER [--name NAME]`: a project outside the clone that builds and passes there.
pub fn copy(project: &Project, source: &str, target: &str, name: Option<&str>) -> Result<()> {
    let example = named(project, source)?;
    let from = std::env::var_os("GUIDE_FROM").map_or_else(std::env::current_dir, |from| Ok(from.into()));
    let folder = outside(&project.repo.root, &from.context("no current folder")?.join(target))?;
    let of_folder = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = name.unwrap_or(&of_folder);
    copy_to(project, &example, &folder, name)?;
    println!("{}: {name}, from examples/{}. To go on:\n", folder.display(), example.name());
    for command in commands(project, &example, target)? {
        println!("    {command}");
    }
    Ok(())
}

/// The three commands that a reader gives next.
fn commands(project: &Project, example: &ExampleCrate, target: &str) -> Result<[String; 3]> {
    let enter = format!("cd {target}");
    if !example.is_native_module {
        // Of several Cargo must be told one.
        let program = example.programs("name").next().map_or(String::new(), |name| format!(" --bin {name}"));
        let run = format!("cargo run{program}");
        return Ok([enter, "cargo test".to_owned(), run]);
    }
    let activate = if cfg!(windows) {
        "python -m venv .venv && . .venv/Scripts/activate"
    } else {
        "python3 -m venv .venv && . .venv/bin/activate"
    };
    let tools = tools_of(project, example)?.join(" ");
    Ok([enter, format!("{activate} && pip install {tools}"), "maturin develop && python -m pytest tests".to_owned()])
}

/// What pip must install for the crate's tests and scripts: what its manifest names for them, and what they import of
/// the tools that every crate of the guide sees.
fn tools_of(project: &Project, example: &ExampleCrate) -> Result<Vec<String>> {
    const ALWAYS: [&str; 2] = ["maturin", "pytest"];
    let tool = Regex::new(r"(?m)^[\w.-]+").context("the pattern is valid")?;
    let mut more: BTreeSet<String> = example.clients.iter().cloned().collect();
    for tool in tool.find_iter(project.repo.text(TOOLS).unwrap_or_default()) {
        let module = regex::escape(&tool.as_str().replace('-', "_"));
        let import = Regex::new(&format!(r"(?m)^\s*(?:import|from) (?:\w+, )*{module}\b"))?;
        if project.repo.texts(example, &["py"]).any(|(_, text)| import.is_match(text)) {
            more.insert(tool.as_str().to_owned());
        }
    }
    let more = more.iter().filter(|name| !ALWAYS.contains(&name.as_str()));
    Ok(ALWAYS.map(str::to_owned).into_iter().chain(more.map(|name| for_shell(name))).collect())
}

/// A package as the shell takes it: `<`, `>`, `[` and `;` of its version or its extras mean something else there.
fn for_shell(package: &str) -> String {
    let is_plain = package.chars().all(|char| char.is_ascii_alphanumeric() || "_.-".contains(char));
    if is_plain { package.to_owned() } else { format!("'{}'", package.replace('\'', "'\\''")) }
}

/// The example that somebody means by `native-module/tokio`, or by its folder.
pub fn named(project: &Project, source: &str) -> Result<ExampleCrate> {
    let name = source.trim_start_matches("./").trim_end_matches('/');
    let name = name.strip_prefix("examples/").unwrap_or(name);
    let example = project.repo.crate_named(name).cloned();
    let example = example.with_context(|| {
        format!("{source}: no example is called so: name one such as native-module/tokio or rust-app/tokio")
    })?;
    let Kinds { instruments, .. } = project.repo.table(sizes::TABLE)?;
    if let Some(why) = instruments.get(name) {
        bail!("{name}: an instrument of this guide ({why}), and nothing to start a project from");
    }
    Ok(example)
}

/// The folder to make, if nothing is there yet and the clone does not hold it.
fn outside(root: &Path, target: &Path) -> Result<PathBuf> {
    let folder = page::normalized(target);
    ensure!(!folder.exists(), "{}: is already there, and nothing is overwritten", folder.display());
    let above = folder.ancestors().find_map(|above| above.canonicalize().ok());
    let root = root.canonicalize().context("the clone has no path")?;
    if above.is_some_and(|above| above.starts_with(root)) {
        bail!("{}: is inside the clone of the guide: name a folder outside, such as ../my_module", folder.display());
    }
    Ok(folder)
}

/// Copies what git tracks of the crate under the new name, with a lock file of its own.
pub fn copy_to(project: &Project, example: &ExampleCrate, folder: &Path, name: &str) -> Result<()> {
    must_be_a_name(project, example, name)?;
    renaming::renamed_copy(&tracked(example)?, example, folder, &Names::of(name))?;
    let versions = files::read(&example.workspace(&project.repo.root).join("Cargo.lock"))?;
    files::write_if_changed(&folder.join("Cargo.lock"), versions.as_bytes())?;
    let reduced = update_lock(folder)?;
    if reduced.text.contains("believes it's in a workspace") {
        println!("{}", reduced.text.trim_end());
    }
    Ok(())
}

/// Has the lock file name the members of its workspace, and no other versions than they need, as a build would.
fn update_lock(workspace: &Path) -> Result<command::Output> {
    let mut cargo = Command::new("cargo");
    command::run(cargo.args(["update", "--workspace", "--offline", "--quiet"]).current_dir(workspace))
}

/// The files of the crate that git tracks; all that nobody built, where git knows nothing of it.
fn tracked(example: &ExampleCrate) -> Result<BTreeSet<PathBuf>> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(&example.folder).output();
    let listed = listed.map_or(Vec::new(), |listed| listed.stdout);
    let listed = String::from_utf8_lossy(&listed);
    let listed = listed.split_terminator('\0').map(PathBuf::from);
    let mut files: BTreeSet<PathBuf> = listed.filter(|file| example.folder.join(file).is_file()).collect();
    if files.is_empty() {
        files = files::within(&example.folder)?;
    }
    // What is for the guide's own pages is not the reader's.
    files.retain(|file| !file.starts_with(DRIVERS));
    Ok(files)
}

fn must_be_a_name(project: &Project, example: &ExampleCrate, name: &str) -> Result<()> {
    const RUST: &str = "abstract alloc as async await become box break const continue core crate do dyn else enum \
        extern false final fn for if impl in let loop macro match mod move mut proc_macro pub ref self static std \
        struct super test trait true type use";
    const PYTHON: &str = "import keyword, sys; name = sys.argv[1]; \
        print(keyword.iskeyword(name) or name in getattr(sys, 'stdlib_module_names', ()))";
    let shape = Regex::new("^[a-z][a-z0-9]*([-_][a-z0-9]+)*$").context("the pattern is valid")?;
    ensure!(
        shape.is_match(name),
        "{name}: no name for a crate and a Python module: take lower-case letters, digits and \
         underscores, such as my_module (`--name my_module`)"
    );
    let module = name.replace('-', "_");
    let python = command::output_of(Command::new(&project.python).args(["-c", PYTHON, &module]))?;
    if RUST.split(' ').any(|word| word == module) || python == "True" {
        bail!("{name}: means something else to Rust or to Python: take another name (`--name my_module`)");
    }
    let is_needed = example.needs().any(|needed| needed.replace('-', "_") == module);
    ensure!(!is_needed, "{name}: the name of a crate that it needs: take another name (`--name my_module`)");
    Ok(())
}

/// Starts `examples/<topic>/<variant>` from the crate of the same kind that is there already.
pub fn new_example(project: &Project, topic: &str, variant: &str, kind: &str) -> Result<()> {
    let word = Regex::new("^[a-z0-9]+(-[a-z0-9]+)*$").context("the pattern is valid")?;
    if !word.is_match(topic) || !word.is_match(variant) {
        bail!("{topic}/{variant}: names are lower-case words joined by hyphens, such as cancel-from-python tokio");
    }
    let example = named(project, &format!("{kind}/{variant}"))
        .or_else(|_| named(project, &format!("{kind}/tokio")))
        .with_context(|| format!("{kind}: start from rust-app or native-module"))?;
    must_be_a_name(project, &example, topic)?;
    let folder = project.repo.root.join("examples").join(topic).join(variant);
    ensure!(!folder.exists(), "{}: is already there", folder.display());
    let module = topic.replace('-', "_");
    let names = Names { package: format!("{topic}-{variant}"), project: module.clone(), module };
    renaming::renamed_copy(&tracked(&example)?, &example, &folder, &names)?;
    copy_driver(&example, &folder, topic)?;
    // The workspace has a member more, which its lock file must name.
    let locked = update_lock(&example.bridge.workspace(&project.repo.root))?;
    eprint!("{}", locked.text);
    println!(
        "examples/{topic}/{variant}: started from {}; now show it on a page in both languages{}",
        example.name(),
        if locked.success { "" } else { "; `cargo check` writes it into Cargo.lock" }
    );
    Ok(())
}

/// The driver of the example's first block, for a block of the new one.
fn copy_driver(example: &ExampleCrate, folder: &Path, topic: &str) -> Result<()> {
    let driver = example.folder.join(format!("{DRIVERS}{}.rs", example.topic));
    if !driver.is_file() {
        return Ok(());
    }
    let text = files::read(&driver)?;
    files::write_if_changed(&folder.join(format!("{DRIVERS}{topic}.rs")), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tests::project;

    #[test]
    fn a_target_is_outside_the_clone_and_new() {
        let place = std::env::temp_dir().join(format!("guide-outside-{}", std::process::id()));
        let root = place.join("clone");
        std::fs::create_dir_all(&root).expect("a folder");
        let said = |target: &str| outside(&root, &root.join(target)).map_err(|error| error.to_string());
        assert!(said("../mine").is_ok_and(|folder| folder == place.join("mine")));
        assert!(said("examples/mine").unwrap_err().contains("is inside the clone"));
        assert!(said("../other/../clone/mine").unwrap_err().contains("is inside the clone"));
        assert!(said(".").unwrap_err().contains("is already there"));
        std::fs::remove_dir_all(place).expect("its folder");
    }

    const MODULE: [(&str, &str); 7] = [
        (
            "examples/native-module/tokio/Cargo.toml",
            "[package]\nname = \"a-module\"\n\n[dependencies]\nmy-need = \"1\"\n",
        ),
        (
            "examples/native-module/tokio/pyproject.toml",
            "[project]\nname = \"feed\"\noptional-dependencies.test = [\"fastapi\", \"pytest\"]\n",
        ),
        (TOOLS, "# Such as mypy\nmaturin==1\ntrio-asyncio\nuvicorn\nuvloop; sys_platform != \"win32\"\n"),
        ("examples/native-module/tokio/python/feed/__init__.py", "from feed._native import start\n"),
        (
            "examples/native-module/tokio/tests/test_feed.py",
            "import asyncio, uvloop\nfrom trio_asyncio import aio_as_trio\n",
        ),
        ("examples/native-module/tokio/readme.md", "import uvicorn\n"),
        ("examples/native-module/tokio/feed.py", "    from mypy import api\n# import uvicorn\n"),
    ];

    fn text_of(error: anyhow::Error) -> String {
        format!("{error:#}")
    }

    #[test]
    fn a_copy_is_a_project_of_its_own_outside_the_clone() {
        let (place, project) = project(&[]);
        let target = place.path().join("my-app");
        let target = target.to_str().expect("text");
        copy(&project, "./examples/rust-app/tokio/", target, None).expect("a copy");
        let read = |file: &str| files::read(&place.path().join("my-app").join(file)).expect("there");
        assert!(read("Cargo.toml").starts_with("[package]\nname = \"my-app\"\n"));
        assert_eq!(read("src/main.rs"), "fn main() {}\n");
        assert_eq!(read("tests/app.rs"), "env!(\"CARGO_BIN_EXE_my-app\");\n");
        assert!(read("Cargo.lock").contains("version = 4\n"));
        assert!(!place.path().join("my-app/tests/blocks").exists());
        let again = copy(&project, "rust-app/tokio", target, Some("other")).map_err(text_of);
        assert!(again.unwrap_err().ends_with("my-app: is already there, and nothing is overwritten"));
    }

    #[test]
    fn an_example_is_named_as_people_write_it_and_an_instrument_is_refused() {
        let (_place, project) = project(&MODULE);
        for name in ["rust-app/tokio", "examples/rust-app/tokio/", "./examples/rust-app/tokio"] {
            assert_eq!(
                named(&project, name).map(|example| example.name()).map_err(text_of),
                Ok("rust-app/tokio".to_owned())
            );
        }
        let said = |name: &str| named(&project, name).err().map(text_of).expect("refused");
        assert!(said("rust-app").starts_with("rust-app: no example is called so: name one such as"));
        assert!(
            said("gauge/tokio").starts_with("gauge/tokio: an instrument of this guide (it measures), and nothing")
        );
    }

    #[test]
    fn a_name_must_be_free_in_rust_in_python_and_among_its_own_needs() {
        let (_place, project) = project(&MODULE);
        let example = named(&project, "native-module/tokio").expect("there");
        let said = |name: &str| must_be_a_name(&project, &example, name).map_err(text_of);
        assert_eq!(said("my_module"), Ok(()));
        for name in ["My", "1st", "a--b", "a_", "a b"] {
            assert!(said(name).unwrap_err().starts_with(&format!("{name}: no name for a crate and a Python module")));
        }
        for name in ["match", "proc-macro", "lambda", "asyncio"] {
            assert!(
                said(name).unwrap_err().starts_with(&format!("{name}: means something else to Rust or to Python"))
            );
        }
        assert!(said("my_need").unwrap_err().starts_with("my_need: the name of a crate that it needs"));
    }

    #[test]
    fn a_reader_is_told_what_to_install_and_what_to_start() {
        let bins = "[package]\nname = \"bins\"\n[[bin]]\nname = \"one\"\n[[bin]]\nname = \"two\"\n";
        let more = [&MODULE[..], &[("examples/bins/tokio/Cargo.toml", bins)]].concat();
        let (_place, project) = project(&more);
        let of = |name: &str| {
            commands(&project, &named(&project, name).expect("there"), "mine").expect("its files").join("; ")
        };
        assert_eq!(of("rust-app/tokio"), "cd mine; cargo test; cargo run");
        assert_eq!(of("bins/tokio"), "cd mine; cargo test; cargo run --bin one");
        let module = of("native-module/tokio");
        assert!(module.starts_with("cd mine; python") && module.contains(" -m venv .venv && . .venv/"), "{module}");
        let end =
            " && pip install maturin pytest fastapi trio-asyncio uvloop; maturin develop && python -m pytest tests";
        assert!(module.ends_with(end), "{module}");
    }

    #[test]
    fn the_shell_takes_a_package_with_its_version_as_one_word() {
        assert_eq!(for_shell("pytest-asyncio"), "pytest-asyncio");
        assert_eq!(for_shell("uvicorn[standard]>=0.30"), "'uvicorn[standard]>=0.30'");
        let marked = for_shell("uvloop; sys_platform != 'win32'");
        assert_eq!(marked, r"'uvloop; sys_platform != '\''win32'\'''");
    }

    #[test]
    fn a_new_example_starts_from_one_of_its_kind() {
        let (_place, project) = project(&[]);
        let root = &project.repo.root;
        new_example(&project, "my-topic", "async-std", "rust-app").expect("an example");
        let read = |file: &str| files::read(&root.join("examples/my-topic/async-std").join(file)).expect("there");
        assert!(read("Cargo.toml").starts_with("[package]\nname = \"my-topic-async-std\"\n"));
        assert_eq!(read("src/main.rs"), "fn main() {}\n");
        let said =
            |topic: &str, kind: &str| new_example(&project, topic, "async-std", kind).map_err(text_of).unwrap_err();
        assert!(said("my-topic", "rust-app").ends_with("examples/my-topic/async-std: is already there"));
        assert!(said("My_Topic", "rust-app").starts_with("My_Topic/async-std: names are lower-case words"));
        assert!(
            said("other", "web-app").starts_with("web-app: start from rust-app or native-module: web-app/tokio: no")
        );
    }
}
