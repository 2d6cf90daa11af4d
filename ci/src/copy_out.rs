//! An example under another name: `copy` makes a project of the reader's own of it, `new-example` the
//! start of another example.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use regex::Regex;

use crate::mixed;
use crate::project::{self, ExampleCrate, Project};
use crate::report::Report;
use crate::run;
use crate::sizes::Sizes;
use crate::sources;
use crate::workshop::{self, Bench, Lock};

/// The names of a crate: of its package, of the project that pip installs, and of what Python imports
/// (for a program, of its library).
struct Names {
    package: String,
    project: String,
    module: String,
}

impl Names {
    /// One name for all.
    fn of(name: &str) -> Self {
        Self {
            package: name.to_owned(),
            project: name.to_owned(),
            module: name.replace('-', "_"),
        }
    }

    fn of_example(example: &ExampleCrate) -> Result<Self> {
        let package = example.package()?;
        let Some(module) = python_package(&example.folder)? else {
            return Ok(Self::of(&package));
        };
        Ok(Self {
            package,
            project: module.clone(),
            module,
        })
    }
}

/// `copy EXAMPLE FOLDER [--name NAME]`: a project outside the clone that builds and passes there.
pub fn copy(project: &Project, source: &str, target: &str, name: Option<&str>) -> Result<()> {
    let example = named(project, source)?;
    let from =
        std::env::var_os("GUIDE_FROM").map_or_else(std::env::current_dir, |from| Ok(from.into()));
    let folder = outside(
        &project.root,
        &from.context("no current folder")?.join(target),
    )?;
    let of_folder = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = name.unwrap_or(&of_folder);
    copy_to(project, &example, &folder, name)?;
    println!(
        "{}: {name}, from examples/{}. To go on:\n",
        folder.display(),
        example.name()
    );
    for command in commands(&example, target)? {
        println!("    {command}");
    }
    Ok(())
}

/// The three commands that a reader gives next.
fn commands(example: &ExampleCrate, target: &str) -> Result<[String; 3]> {
    let enter = format!("cd {target}");
    if !example.is_native_module() {
        let programs = example.programs()?;
        let run = match programs.first() {
            Some(program) => format!("cargo run --bin {program}"),
            None => "cargo run".to_owned(),
        };
        return Ok([enter, "cargo test".to_owned(), run]);
    }
    let activate = if cfg!(windows) {
        "python -m venv .venv && . .venv/Scripts/activate"
    } else {
        "python3 -m venv .venv && . .venv/bin/activate"
    };
    let tools = tools_of(example)?.join(" ");
    Ok([
        enter,
        format!("{activate} && pip install {tools}"),
        "maturin develop && python -m pytest tests".to_owned(),
    ])
}

/// What pip must install for the crate's tests and scripts, of what they import.
fn tools_of(example: &ExampleCrate) -> Result<Vec<&'static str>> {
    const MORE: [&str; 6] = [
        "aiohttp",
        "fastapi",
        "httpx",
        "pytest_asyncio",
        "uvicorn",
        "uvloop",
    ];
    let mut tools = vec!["maturin", "pytest"];
    let mut text = String::new();
    for file in workshop::sources(&example.folder)? {
        if file.extension().is_some_and(|end| end == "py") {
            text.push_str(&project::read(&example.folder.join(file))?);
        }
    }
    tools.extend(MORE.iter().filter(|name| {
        Regex::new(&format!(r"(?m)^\s*(?:import|from) (?:\w+, )*{name}\b"))
            .is_ok_and(|import| import.is_match(&text))
    }));
    Ok(tools)
}

/// The example that somebody means by `native-module/tokio`, or by its folder.
fn named(project: &Project, source: &str) -> Result<ExampleCrate> {
    let name = source.trim_start_matches("./").trim_end_matches('/');
    let name = name.strip_prefix("examples/").unwrap_or(name);
    let all = project::crates(&project.root)?;
    let example = all.into_iter().find(|example| example.name() == name);
    let example = example.with_context(|| {
        format!("{source}: no example is called so: name one such as native-module/tokio or rust-app/tokio")
    })?;
    if let Some(why) = Sizes::load(&project.root)?.instrument(name) {
        bail!("{name}: an instrument of this guide ({why}), and nothing to start a project from");
    }
    Ok(example)
}

/// The folder to make, if nothing is there yet and the clone does not hold it.
fn outside(root: &Path, target: &Path) -> Result<PathBuf> {
    let mut folder = PathBuf::new();
    for part in target.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(folder.pop()),
            part => folder.push(part),
        }
    }
    if folder.exists() {
        bail!(
            "{}: is already there, and nothing is overwritten",
            folder.display()
        );
    }
    let above = folder
        .ancestors()
        .find_map(|above| above.canonicalize().ok());
    let root = root.canonicalize().context("the clone has no path")?;
    if above.is_some_and(|above| above.starts_with(root)) {
        bail!(
            "{}: is inside the clone of the guide: name a folder outside, such as ../my_module",
            folder.display()
        );
    }
    Ok(folder)
}

/// Copies what git tracks of the crate under the new name, with a lock file of its own.
fn copy_to(project: &Project, example: &ExampleCrate, folder: &Path, name: &str) -> Result<()> {
    must_be_a_name(project, example, name)?;
    renamed_copy(
        &tracked(example)?,
        example,
        folder,
        &Names::of(name),
        without_anchors,
    )?;
    let lock = folder.join("Cargo.lock");
    let versions = fs::read(example.workspace(&project.root).join("Cargo.lock"));
    fs::write(&lock, versions.context("cannot read Cargo.lock")?)
        .with_context(|| format!("cannot write {}", lock.display()))?;
    // Leaves the versions that this crate needs, as its first build would.
    let reduced = run::run(
        Command::new("cargo")
            .args(["update", "--workspace", "--offline", "--quiet"])
            .current_dir(folder),
    )?;
    if reduced.text.contains("believes it's in a workspace") {
        println!("{}", reduced.text.trim_end());
    }
    Ok(())
}

/// The files of the crate that git tracks; all that nobody built, where git knows nothing of it.
fn tracked(example: &ExampleCrate) -> Result<BTreeSet<PathBuf>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(&example.folder)
        .output();
    let files: BTreeSet<PathBuf> = match listed {
        Ok(listed) => String::from_utf8_lossy(&listed.stdout)
            .split_terminator('\0')
            .map(PathBuf::from)
            .filter(|file| example.folder.join(file).is_file())
            .collect(),
        Err(_) => BTreeSet::new(),
    };
    match files.is_empty() {
        true => workshop::sources(&example.folder),
        false => Ok(files),
    }
}

fn must_be_a_name(project: &Project, example: &ExampleCrate, name: &str) -> Result<()> {
    const RUST: [&str; 44] = [
        "abstract",
        "alloc",
        "as",
        "async",
        "await",
        "become",
        "box",
        "break",
        "const",
        "continue",
        "core",
        "crate",
        "do",
        "dyn",
        "else",
        "enum",
        "extern",
        "false",
        "final",
        "fn",
        "for",
        "if",
        "impl",
        "in",
        "let",
        "loop",
        "macro",
        "match",
        "mod",
        "move",
        "mut",
        "proc_macro",
        "pub",
        "ref",
        "self",
        "static",
        "std",
        "struct",
        "super",
        "test",
        "trait",
        "true",
        "type",
        "use",
    ];
    const PYTHON: &str = "import keyword, sys; name = sys.argv[1]; \
        print(keyword.iskeyword(name) or name in getattr(sys, 'stdlib_module_names', ()))";
    let shape = Regex::new("^[a-z][a-z0-9]*([-_][a-z0-9]+)*$").context("the pattern is valid")?;
    if !shape.is_match(name) {
        bail!(
            "{name}: no name for a crate and a Python module: take lower-case letters, digits and \
             underscores, such as my_module (`--name my_module`)"
        );
    }
    let module = name.replace('-', "_");
    let python = project::output_of(Command::new(&project.python).args(["-c", PYTHON, &module]))?;
    if RUST.contains(&module.as_str()) || python == "True" {
        bail!(
            "{name}: means something else to Rust or to Python: take another name (`--name my_module`)"
        );
    }
    if example
        .needs()?
        .iter()
        .any(|crate_| crate_.replace('-', "_") == module)
    {
        bail!("{name}: the name of a crate that it needs: take another name (`--name my_module`)");
    }
    Ok(())
}

/// Writes these files of the crate into the folder, with the new names in their paths and texts.
fn renamed_copy(
    files: &BTreeSet<PathBuf>,
    example: &ExampleCrate,
    folder: &Path,
    new: &Names,
    finish: fn(&str) -> String,
) -> Result<()> {
    let renaming = Renaming::of(example, new)?;
    for file in files {
        let bytes = fs::read(example.folder.join(file))
            .with_context(|| format!("cannot read {}", file.display()))?;
        let name = project::slashed(file);
        let content = match String::from_utf8(bytes) {
            Ok(text) => finish(&renaming.text(&name, &text)).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        project::write_if_changed(&folder.join(renaming.folders(&name)), &content)?;
    }
    Ok(())
}

/// Without the comments that say which lines a page shows.
fn without_anchors(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !sources::is_anchor(line)).collect()
}

/// The Python package of a module: the only folder in `python/`.
fn python_package(folder: &Path) -> Result<Option<String>> {
    let python = folder.join("python");
    if !python.is_dir() {
        return Ok(None);
    }
    let entries =
        fs::read_dir(&python).with_context(|| format!("cannot list {}", python.display()))?;
    let mut packages: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("__init__.py").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    packages.sort();
    Ok(packages.into_iter().next())
}

/// Puts new names in the place of old ones, only where a name is one: many are words of the text, too.
struct Renaming<'a> {
    old: Names,
    new: &'a Names,
    is_module: bool,
    /// What stands after `NAME.` wherever that is the module: `_native`, the files of the package, a class.
    inside: Regex,
    /// Whether some script has the module as a name: then a transcript may show that line of it.
    in_scripts: bool,
}

impl<'a> Renaming<'a> {
    fn of(example: &ExampleCrate, new: &'a Names) -> Result<Self> {
        let old = Names::of_example(example)?;
        let mut inside = vec!["_native\\b".to_owned(), "[A-Z]".to_owned()];
        for path in workshop::sources(&example.folder.join("python").join(&old.module))? {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            if stem != "__init__" {
                inside.push(format!("{}\\b", regex::escape(&stem)));
            }
        }
        let inside = format!("^\\.(?:{})", inside.join("|"));
        let mut in_scripts = false;
        for script in example.files_with_extension("py")? {
            in_scripts |= imports(&project::read(&script)?, &old.module);
        }
        Ok(Self {
            old,
            new,
            is_module: example.is_native_module(),
            inside: Regex::new(&inside).context("names of files make a pattern")?,
            in_scripts,
        })
    }

    /// The folder of the Python package, in a path or in a text.
    fn folders(&self, text: &str) -> String {
        if !self.is_module {
            return text.to_owned();
        }
        text.replace(
            &format!("python/{}/", self.old.module),
            &format!("python/{}/", self.new.module),
        )
    }

    fn text(&self, file: &str, text: &str) -> String {
        let mut text = self.folders(text);
        // A name such as native-module-tokio is no word of a text.
        if self.old.package.contains('-') {
            text = self.package(&text);
        }
        let name = file.rsplit('/').next().unwrap_or(file);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match extension {
            "toml" if name == "Cargo.toml" || name == "pyproject.toml" => {
                self.manifest(name, &text)
            }
            _ if !self.is_module => text,
            "rs" => self.rust(&text),
            "console" => self.python(&text, self.in_scripts),
            "py" | "pyi" | "pycon" => self.python(&text, imports(&text, &self.old.module)),
            _ => text,
        }
    }

    /// The name of the package, also as that of a library.
    fn package(&self, text: &str) -> String {
        let library = |name: &str| name.replace('-', "_");
        let part =
            |byte: Option<char>| byte.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
        let whole = |before: &str, after: &str| {
            let starts = before.ends_with("CARGO_BIN_EXE_") || !part(before.chars().next_back());
            starts && !part(after.chars().next())
        };
        let text = replaced(text, &self.old.package, |before, after| {
            whole(before, after).then_some(self.new.package.as_str())
        });
        let new = library(&self.new.package);
        replaced(&text, &library(&self.old.package), |before, after| {
            whole(before, after).then_some(new.as_str())
        })
    }

    fn manifest(&self, name: &str, text: &str) -> String {
        let (old, new) = (&self.old, self.new);
        let own = if name == "Cargo.toml" {
            text.replacen(
                &format!("name = \"{}\"", old.package),
                &format!("name = \"{}\"", new.package),
                1,
            )
        } else {
            let hyphens = old.project.replace('_', "-");
            let project = format!("name = \"{}\"", new.project);
            text.replace(
                &format!("\nname = \"{}\"", old.project),
                &format!("\n{project}"),
            )
            .replace(&format!("\nname = \"{hyphens}\""), &format!("\n{project}"))
        };
        if !self.is_module {
            return own;
        }
        own.replace(
            &format!("\nname = \"{}\"", old.module),
            &format!("\nname = \"{}\"", new.module),
        )
        .replace(&format!("\"{}.", old.module), &format!("\"{}.", new.module))
    }

    /// The name where Rust means Python's module: in `py.import("…")`, `module = "…"`, `create_exception!(…,`.
    fn rust(&self, text: &str) -> String {
        let old = regex::escape(&self.old.module);
        let marks = [
            format!(r#"(import(?:_bound)?\(\s*(?:py,\s*)?c?"){old}(["._])"#),
            format!(r#"(module\s*=\s*"){old}(["._])"#),
            format!(r"(create_exception!\(\s*){old}(\s*[,.])"),
            format!(r"(import_exception!\(\s*){old}(\s*[,.])"),
            format!(r"(\buse ){old}(::)"),
        ];
        let mut text = text.to_owned();
        for mark in marks {
            let mark = Regex::new(&mark).expect("a name in a valid pattern");
            text = mark
                .replace_all(&text, |found: &regex::Captures| {
                    format!("{}{}{}", &found[1], self.new.module, &found[2])
                })
                .into_owned();
        }
        // Python in a string.
        self.python(&text, false)
    }

    /// The name where Python means the module; `imported`: where it is a name of this file.
    fn python(&self, text: &str, imported: bool) -> String {
        let (old, new) = (self.old.module.as_str(), self.new.module.as_str());
        let lists: Vec<_> = import_lists(text);
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let total = text.len();
        replaced(text, old, |before, after| {
            let (last, next) = (before.chars().next_back(), after.chars().next());
            if word(last) || word(next) || last == Some('.') || last == Some('-') {
                return None;
            }
            if before.ends_with("Installed ") && after.starts_with("-0.1.0") {
                return Some(self.new.project.as_str());
            }
            let at = total - after.len() - old.len();
            let in_list = lists.iter().any(|list| list.contains(&at));
            let from =
                before.ends_with("from ") && (after.starts_with(" import") || next == Some('.'));
            let named = [
                "-m ",
                "import_module(\"",
                "modules[\"",
                "find_spec(\"",
                "getLogger(\"",
            ];
            let by_name = named.iter().any(|mark| before.ends_with(mark));
            let argument = ["(", "[", ", "].iter().any(|mark| before.ends_with(mark))
                && [')', ',', ']'].iter().any(|mark| next == Some(*mark));
            let attribute = after
                .strip_prefix('.')
                .is_some_and(|rest| word(rest.chars().next()));
            let is_name = in_list
                || from
                || by_name
                || self.inside.is_match(after)
                || imported && (argument || attribute);
            is_name.then_some(new)
        })
    }
}

/// Whether some `import` in the text makes `module` a name of it.
fn imports(text: &str, module: &str) -> bool {
    import_lists(text).into_iter().any(|list| {
        let mut names = text[list].split(',').map(str::trim);
        names.any(|name| name == module || name.starts_with(&format!("{module}.")))
    })
}

/// Where the names after each `import` are, unless that belongs to a `from`.
fn import_lists(text: &str) -> Vec<std::ops::Range<usize>> {
    let import =
        Regex::new(r"(from +[\w.]+ +)?\bimport +([\w.]+(?: as \w+)?(?:, *[\w.]+(?: as \w+)?)*)")
            .expect("the pattern is valid");
    import
        .captures_iter(text)
        .filter(|found| found.get(1).is_none())
        .filter_map(|found| found.get(2).map(|names| names.range()))
        .collect()
}

/// The text with what `choose` says in the place of each `old`, by what is before it and after it.
fn replaced<'a>(text: &str, old: &str, choose: impl Fn(&str, &str) -> Option<&'a str>) -> String {
    let mut new = String::new();
    let mut done = 0;
    for (at, _) in text.match_indices(old) {
        let after = at + old.len();
        if let Some(name) = choose(&text[..at], &text[after..]) {
            new.push_str(&text[done..at]);
            new.push_str(name);
            done = after;
        }
    }
    new.push_str(&text[done..]);
    new
}

/// Starts `examples/<topic>/<variant>` from the crate of the same kind that is there already.
pub fn new_example(project: &Project, topic: &str, variant: &str, kind: &str) -> Result<()> {
    let word = Regex::new("^[a-z0-9]+(-[a-z0-9]+)*$").context("the pattern is valid")?;
    if !word.is_match(topic) || !word.is_match(variant) {
        bail!(
            "{topic}/{variant}: names are lower-case words joined by hyphens, such as cancel-from-python tokio"
        );
    }
    let example = named(project, &format!("{kind}/{variant}"))
        .or_else(|_| named(project, &format!("{kind}/tokio")))
        .with_context(|| format!("{kind}: start from rust-app or native-module"))?;
    must_be_a_name(project, &example, topic)?;
    let folder = project.root.join("examples").join(topic).join(variant);
    if folder.exists() {
        bail!("{}: is already there", folder.display());
    }
    let module = topic.replace('-', "_");
    let names = Names {
        package: format!("{topic}-{variant}"),
        project: module.clone(),
        module,
    };
    renamed_copy(
        &tracked(&example)?,
        &example,
        &folder,
        &names,
        str::to_owned,
    )?;
    // The workspace has a member more, which its lock file must name.
    let workspace = example.track.workspace(&project.root);
    let locked = Command::new("cargo")
        .args(["update", "--workspace", "--offline", "--quiet"])
        .current_dir(workspace)
        .status()
        .context("cannot start cargo")?;
    println!(
        "examples/{topic}/{variant}: started from {}; now show it on a page in both languages{}",
        example.name(),
        if locked.success() {
            ""
        } else {
            "; `cargo check` writes it into Cargo.lock"
        }
    );
    Ok(())
}

/// What is copied, and under which name.
const COPIES: [(&str, &str); 3] = [
    ("native-module/tokio", "my_module"),
    ("rust-app/tokio", "my-app"),
    ("native-module/tokio", mixed::NAME),
];

/// A module and a program, copied under new names: both pass their tests, with the lock file they got.
pub fn test_copies(project: &Project, only: Option<&str>) -> Result<()> {
    let place = project.copies.join("copied");
    if place.exists() {
        fs::remove_dir_all(&place).with_context(|| format!("cannot empty {}", place.display()))?;
    }
    let copies: Vec<_> = COPIES
        .into_iter()
        .filter(|(_, name)| only.is_none_or(|only| only == *name))
        .collect();
    if copies.is_empty() {
        bail!(
            "test-copies knows {}",
            COPIES.map(|(_, name)| name).join(", ")
        );
    }
    let report = Report::new(copies.len());
    for (source, name) in copies {
        let step = format!("{source} copied as {name}");
        report.step(&step, &[], "ci/just test-copies", || {
            let bench = set_up(project, source, name, &place.join(name))?;
            if name == mixed::NAME {
                test_mixed(project, &bench)
            } else {
                test_copy(&bench)
            }
        });
    }
    report.finish()
}

fn set_up(project: &Project, source: &str, name: &str, folder: &Path) -> Result<Bench> {
    let example = named(project, source)?;
    copy_to(project, &example, folder, name)?;
    let copied = ExampleCrate {
        topic: "copied".to_owned(),
        variant: name.to_owned(),
        folder: folder.to_owned(),
        track: example.track,
    };
    let mut bench = Bench::set_up(project, &copied, Lock::Seeded)?;
    bench.build_beside(project, &example);
    Ok(bench)
}

fn test_copy(bench: &Bench) -> Result<()> {
    if !bench.example.is_native_module() {
        return bench.must("cargo", &["test", "--locked"]).map(drop);
    }
    bench.must("maturin", &["develop", "--locked"])?;
    bench
        .must("python", &["-m", "pytest", "-q", "-x", "tests"])
        .map(drop)
}

/// What a reader has who pastes what several pages show into the first module.
fn test_mixed(project: &Project, bench: &Bench) -> Result<()> {
    mixed::paste(&project.root, &bench.folder)?;
    bench.must("maturin", &["develop"])?;
    bench
        .must("python", &["-m", "pytest", "-q", "tests/test_mixed.py"])
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renaming(new: &Names) -> Renaming<'_> {
        Renaming {
            old: Names {
                package: "a-feed-tokio".to_owned(),
                project: "feed".to_owned(),
                module: "feed".to_owned(),
            },
            new,
            is_module: true,
            inside: Regex::new(r"^\.(?:_native\b|[A-Z]|testing\b)").expect("valid"),
            in_scripts: false,
        }
    }

    fn renamed(file: &str, text: &str) -> String {
        let new = Names::of("my-news");
        renaming(&new).text(file, text)
    }

    #[test]
    fn manifests_have_the_new_names() {
        let cargo = "[package]\nname = \"a-feed-tokio\"\n\n[lib]\nname = \"feed\"\n\n[dependencies]\nfeed-rs = \"1\"\n";
        assert_eq!(
            renamed("Cargo.toml", cargo),
            "[package]\nname = \"my-news\"\n\n[lib]\nname = \"my_news\"\n\n[dependencies]\nfeed-rs = \"1\"\n"
        );
        let python =
            "[project]\nname = \"feed\"\n\n[tool.maturin]\nmodule-name = \"feed._native\"\n";
        assert_eq!(
            renamed("pyproject.toml", python),
            "[project]\nname = \"my-news\"\n\n[tool.maturin]\nmodule-name = \"my_news._native\"\n"
        );
    }

    #[test]
    fn imports_have_the_new_name_and_words_keep_theirs() {
        for (old, new) in [
            ("from feed import _native", "from my_news import _native"),
            (
                "from feed.testing import Fake",
                "from my_news.testing import Fake",
            ),
            (
                "import asyncio, feed, os\nfeed.start(feed)",
                "import asyncio, my_news, os\nmy_news.start(my_news)",
            ),
            ("import feed as f; f.go()", "import my_news as f; f.go()"),
            (
                "from rates import feed\nfeed.start()",
                "from rates import feed\nfeed.start()",
            ),
            (
                "feed = Feed()\nfeed.start(feed)",
                "feed = Feed()\nfeed.start(feed)",
            ),
            (
                "assert text == \"feed.Closed\"",
                "assert text == \"my_news.Closed\"",
            ),
            (
                "\"\"\"A feed of prices.\"\"\"",
                "\"\"\"A feed of prices.\"\"\"",
            ),
            (
                "program = \"import feed; feed.go()\"",
                "program = \"import my_news; my_news.go()\"",
            ),
            (
                "import feed\nself.feed.go()",
                "import my_news\nself.feed.go()",
            ),
        ] {
            assert_eq!(renamed("tests/test_feed.py", old), new);
        }
        assert_eq!(
            renamed("a.console", "🛠 Installed feed-0.1.0\n"),
            "🛠 Installed my-news-0.1.0\n"
        );
    }

    #[test]
    fn rust_has_the_new_name_where_it_is_that_of_the_module() {
        for (old, new) in [
            ("py.import(\"feed\")?", "py.import(\"my_news\")?"),
            (
                "#[pyclass(frozen, module = \"feed\")]",
                "#[pyclass(frozen, module = \"my_news\")]",
            ),
            (
                "create_exception!(\n    feed,",
                "create_exception!(\n    my_news,",
            ),
            (
                "import_exception!(feed.errors, E)",
                "import_exception!(my_news.errors, E)",
            ),
            (
                "c\"from feed import start\"",
                "c\"from my_news import start\"",
            ),
            ("let feed = text.feed();", "let feed = text.feed();"),
            ("getattr(\"feed\")", "getattr(\"feed\")"),
            (
                "env!(\"CARGO_BIN_EXE_a-feed-tokio\")",
                "env!(\"CARGO_BIN_EXE_my-news\")",
            ),
            ("use a_feed_tokio::start;", "use my_news::start;"),
            ("not-a-feed-tokio", "not-a-feed-tokio"),
        ] {
            assert_eq!(renamed("src/lib.rs", old), new);
        }
    }

    #[test]
    fn a_project_has_no_anchors() {
        let text =
            "# ANCHOR: lib\n[lib]\n# ANCHOR_END: lib\n    // ANCHOR: a\n// ANCHOR is a word\n";
        assert_eq!(without_anchors(text), "[lib]\n// ANCHOR is a word\n");
    }

    #[test]
    fn the_folder_of_the_package_has_the_new_name() {
        let new = Names::of("my-news");
        assert_eq!(
            renaming(&new).folders("python/feed/py.typed"),
            "python/my_news/py.typed"
        );
        let include = "include_str!(\"../python/feed/_pump.py\")";
        assert_eq!(
            renamed("src/lib.rs", include),
            "include_str!(\"../python/my_news/_pump.py\")"
        );
    }

    #[test]
    fn a_target_is_outside_the_clone_and_new() {
        let place = std::env::temp_dir().join(format!("guide-outside-{}", std::process::id()));
        let root = place.join("clone");
        fs::create_dir_all(&root).expect("a folder");
        let said =
            |target: &str| outside(&root, &root.join(target)).map_err(|error| error.to_string());
        assert!(said("../mine").is_ok_and(|folder| folder == place.join("mine")));
        assert!(
            said("examples/mine")
                .unwrap_err()
                .contains("is inside the clone")
        );
        assert!(
            said("../other/../clone/mine")
                .unwrap_err()
                .contains("is inside the clone")
        );
        assert!(said(".").unwrap_err().contains("is already there"));
        fs::remove_dir_all(place).expect("its folder");
    }
}
