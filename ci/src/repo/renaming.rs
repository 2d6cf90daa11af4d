//! An example under another name: the new one stands only where the old one was a name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use regex::Regex;

use crate::repo::example::ExampleCrate;
use crate::repo::{anchors, files};

/// The names of a crate: of its package, of the project that pip installs, and of what Python imports
/// (for a program, of its library).
pub struct Names {
    pub package: String,
    pub project: String,
    pub module: String,
}

impl Names {
    /// One name for all.
    pub fn of(name: &str) -> Self {
        Self { package: name.to_owned(), project: name.to_owned(), module: name.replace('-', "_") }
    }

    fn of_example(example: &ExampleCrate) -> Self {
        let package = example.package().to_owned();
        let Some(module) = example.packages.first().cloned() else {
            return Self::of(&package);
        };
        Self { package, project: module.clone(), module }
    }
}

/// Writes these files of the crate into the folder, with the new names in their paths and texts.
pub fn renamed_copy(
    files: &BTreeSet<PathBuf>,
    example: &ExampleCrate,
    folder: &Path,
    new: &Names,
    finish: fn(&str) -> String,
) -> Result<()> {
    let renaming = Renaming::of(example, new)?;
    for file in files {
        let bytes = fs::read(example.folder.join(file)).with_context(|| format!("cannot read {}", file.display()))?;
        let name = files::slashed(file);
        let content = match String::from_utf8(bytes) {
            Ok(text) => finish(&renaming.text(&name, &text)).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        files::write_if_changed(&folder.join(renaming.folders(&name)), &content)?;
    }
    Ok(())
}

/// Without the comments that say which lines a page shows.
pub fn without_anchors(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !anchors::is_anchor(line)).collect()
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
        let old = Names::of_example(example);
        let mut inside = vec!["_native\\b".to_owned(), "[A-Z]".to_owned()];
        for path in files::within(&example.folder.join("python").join(&old.module))? {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            if stem != "__init__" {
                inside.push(format!("{}\\b", regex::escape(&stem)));
            }
        }
        let inside = format!("^\\.(?:{})", inside.join("|"));
        let mut in_scripts = false;
        for file in files::within(&example.folder)? {
            if file.components().count() == 1 && file.extension().is_some_and(|end| end == "py") {
                in_scripts |= imports(&files::read(&example.folder.join(file))?, &old.module);
            }
        }
        Ok(Self {
            old,
            new,
            is_module: example.is_native_module,
            inside: Regex::new(&inside).context("names of files make a pattern")?,
            in_scripts,
        })
    }

    /// The folder of the Python package, in a path or in a text.
    fn folders(&self, text: &str) -> String {
        if !self.is_module {
            return text.to_owned();
        }
        text.replace(&format!("python/{}/", self.old.module), &format!("python/{}/", self.new.module))
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
            "toml" if name == "Cargo.toml" || name == "pyproject.toml" => self.manifest(name, &text),
            _ if !self.is_module => text,
            "rs" => self.rust(&text),
            "console" => self.python(&text, self.in_scripts),
            "py" | "pyi" | "pycon" | "ipynb" => self.python(&text, imports(&text, &self.old.module)),
            _ => text,
        }
    }

    /// The name of the package, also as that of a library.
    fn package(&self, text: &str) -> String {
        let library = |name: &str| name.replace('-', "_");
        let part = |byte: Option<char>| byte.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
        let whole = |before: &str, after: &str| {
            let starts = before.ends_with("CARGO_BIN_EXE_") || !part(before.chars().next_back());
            starts && !part(after.chars().next())
        };
        let text = replaced(text, &self.old.package, |before, after| {
            whole(before, after).then_some(self.new.package.as_str())
        });
        let new = library(&self.new.package);
        replaced(&text, &library(&self.old.package), |before, after| whole(before, after).then_some(new.as_str()))
    }

    fn manifest(&self, name: &str, text: &str) -> String {
        let (old, new) = (&self.old, self.new);
        let own = if name == "Cargo.toml" {
            text.replacen(&format!("name = \"{}\"", old.package), &format!("name = \"{}\"", new.package), 1)
        } else {
            let hyphens = old.project.replace('_', "-");
            let project = format!("name = \"{}\"", new.project);
            text.replace(&format!("\nname = \"{}\"", old.project), &format!("\n{project}"))
                .replace(&format!("\nname = \"{hyphens}\""), &format!("\n{project}"))
        };
        if !self.is_module {
            return own;
        }
        own.replace(&format!("\nname = \"{}\"", old.module), &format!("\nname = \"{}\"", new.module))
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
            let from = before.ends_with("from ") && (after.starts_with(" import") || next == Some('.'));
            let named = ["-m ", "import_module(\"", "modules[\"", "find_spec(\"", "getLogger(\""];
            let by_name = named.iter().any(|mark| before.ends_with(mark));
            let argument = ["(", "[", ", "].iter().any(|mark| before.ends_with(mark))
                && [')', ',', ']'].iter().any(|mark| next == Some(*mark));
            let attribute = after.strip_prefix('.').is_some_and(|rest| word(rest.chars().next()));
            let is_name =
                in_list || from || by_name || self.inside.is_match(after) || imported && (argument || attribute);
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
    let import = Regex::new(r"(from +[\w.]+ +)?\bimport +([\w.]+(?: as \w+)?(?:, *[\w.]+(?: as \w+)?)*)")
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

#[cfg(test)]
mod tests {
    use super::*;

    fn renaming(new: &Names) -> Renaming<'_> {
        Renaming {
            old: Names { package: "a-feed-tokio".to_owned(), project: "feed".to_owned(), module: "feed".to_owned() },
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
        let cargo =
            "[package]\nname = \"a-feed-tokio\"\n\n[lib]\nname = \"feed\"\n\n[dependencies]\nfeed-rs = \"1\"\n";
        assert_eq!(
            renamed("Cargo.toml", cargo),
            "[package]\nname = \"my-news\"\n\n[lib]\nname = \"my_news\"\n\n[dependencies]\nfeed-rs = \"1\"\n"
        );
        let python = "[project]\nname = \"feed\"\n\n[tool.maturin]\nmodule-name = \"feed._native\"\n";
        assert_eq!(
            renamed("pyproject.toml", python),
            "[project]\nname = \"my-news\"\n\n[tool.maturin]\nmodule-name = \"my_news._native\"\n"
        );
    }

    #[test]
    fn imports_have_the_new_name_and_words_keep_theirs() {
        for (old, new) in [
            ("from feed import _native", "from my_news import _native"),
            ("from feed.testing import Fake", "from my_news.testing import Fake"),
            ("import asyncio, feed, os\nfeed.start(feed)", "import asyncio, my_news, os\nmy_news.start(my_news)"),
            ("import feed as f; f.go()", "import my_news as f; f.go()"),
            ("from rates import feed\nfeed.start()", "from rates import feed\nfeed.start()"),
            ("feed = Feed()\nfeed.start(feed)", "feed = Feed()\nfeed.start(feed)"),
            ("assert text == \"feed.Closed\"", "assert text == \"my_news.Closed\""),
            ("\"\"\"A feed of prices.\"\"\"", "\"\"\"A feed of prices.\"\"\""),
            ("program = \"import feed; feed.go()\"", "program = \"import my_news; my_news.go()\""),
            ("import feed\nself.feed.go()", "import my_news\nself.feed.go()"),
        ] {
            assert_eq!(renamed("tests/test_feed.py", old), new);
        }
        assert_eq!(renamed("a.ipynb", "    \"import feed\\n\",\n"), "    \"import my_news\\n\",\n");
        assert_eq!(renamed("a.console", "🛠 Installed feed-0.1.0\n"), "🛠 Installed my-news-0.1.0\n");
    }

    #[test]
    fn rust_has_the_new_name_where_it_is_that_of_the_module() {
        for (old, new) in [
            ("py.import(\"feed\")?", "py.import(\"my_news\")?"),
            ("#[pyclass(frozen, module = \"feed\")]", "#[pyclass(frozen, module = \"my_news\")]"),
            ("create_exception!(\n    feed,", "create_exception!(\n    my_news,"),
            ("import_exception!(feed.errors, E)", "import_exception!(my_news.errors, E)"),
            ("c\"from feed import start\"", "c\"from my_news import start\""),
            ("let feed = text.feed();", "let feed = text.feed();"),
            ("getattr(\"feed\")", "getattr(\"feed\")"),
            ("env!(\"CARGO_BIN_EXE_a-feed-tokio\")", "env!(\"CARGO_BIN_EXE_my-news\")"),
            ("use a_feed_tokio::start;", "use my_news::start;"),
            ("not-a-feed-tokio", "not-a-feed-tokio"),
        ] {
            assert_eq!(renamed("src/lib.rs", old), new);
        }
    }

    #[test]
    fn a_project_has_no_anchors() {
        let text = "# ANCHOR: lib\n[lib]\n# ANCHOR_END: lib\n    // ANCHOR: a\n// ANCHOR is a word\n";
        assert_eq!(without_anchors(text), "[lib]\n// ANCHOR is a word\n");
    }

    #[test]
    fn the_folder_of_the_package_has_the_new_name() {
        let new = Names::of("my-news");
        assert_eq!(renaming(&new).folders("python/feed/py.typed"), "python/my_news/py.typed");
        let include = "include_str!(\"../python/feed/_pump.py\")";
        assert_eq!(renamed("src/lib.rs", include), "include_str!(\"../python/my_news/_pump.py\")");
    }

    const MODULE: [(&str, &str); 7] = [
        ("Cargo.toml", "[package]\nname = \"a-feed-tokio\"\n"),
        ("pyproject.toml", "[project]\nname = \"feed\"\n"),
        ("python/feed/__init__.py", "from feed._native import start\n"),
        ("python/feed/testing.py", "# ANCHOR: fake\nclass Fake: ...\n# ANCHOR_END: fake\n"),
        ("use_feed.py", "import feed\n\nfeed.start()\n"),
        ("feed.console", "$ python3 use_feed.py\n  feed.start()\n"),
        ("notes.txt", "feed.testing of a-feed-tokio\n"),
    ];

    #[test]
    fn a_module_is_copied_with_its_package_under_the_new_name() {
        let place = tempfile::tempdir().expect("a folder");
        let dir = "examples/a-feed/tokio";
        let all = MODULE.map(|(file, text)| (format!("{dir}/{file}"), text));
        let repo = crate::repo::tests::tree(&all.each_ref().map(|(file, text)| (file.as_str(), *text)));
        let mut example = repo.crate_named("a-feed/tokio").expect("there").clone();
        example.folder = place.path().join("old");
        for (file, text) in MODULE {
            files::write_if_changed(&example.folder.join(file), text.as_bytes()).expect("a file");
        }
        let binary = [0xff, b'f', b'e', b'e', b'd'];
        files::write_if_changed(&example.folder.join("tests/image.png"), &binary).expect("a file");
        let all = files::within(&example.folder).expect("its files");
        let new = place.path().join("new");
        renamed_copy(&all, &example, &new, &Names::of("my-news"), without_anchors).expect("a copy");
        let read = |file: &str| files::read(&new.join(file)).expect("there");
        assert_eq!(read("python/my_news/__init__.py"), "from my_news._native import start\n");
        assert_eq!(read("python/my_news/testing.py"), "class Fake: ...\n");
        assert_eq!(read("use_feed.py"), "import my_news\n\nmy_news.start()\n");
        // A traceback shows that line of the script.
        assert_eq!(read("feed.console"), "$ python3 use_feed.py\n  my_news.start()\n");
        assert_eq!(read("notes.txt"), "feed.testing of my-news\n");
        assert_eq!(fs::read(new.join("tests/image.png")).expect("there"), binary);
        assert!(!new.join("python/feed").exists());
    }
}
