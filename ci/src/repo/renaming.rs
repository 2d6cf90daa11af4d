//! An example under another name: the new one stands only where the old one was a name.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Result;
use regex::{Captures, Regex};

use crate::repo::{anchors, example::ExampleCrate, files, pattern::Pattern};

/// The names after an `import`, unless that belongs to a `from`.
static IMPORT: Pattern = Pattern::of(r"(from +[\w.]+ +)?\bimport +([\w.]+(?: as \w+)?(?:, *[\w.]+(?: as \w+)?)*)");

/// A name with its hyphens, and what Cargo puts before that of a program.
static NAME: Pattern = Pattern::of(r"(CARGO_BIN_EXE_|)([\w-]+)");

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
        match example.packages.first().cloned() {
            Some(module) => Self { package: example.package().to_owned(), project: module.clone(), module },
            None => Self::of(example.package()),
        }
    }
}

/// Writes these files of the crate into the folder, with the new names in their paths and texts, and without the
/// comments that say which lines a page shows.
pub fn renamed_copy(files: &BTreeSet<PathBuf>, example: &ExampleCrate, folder: &Path, new: &Names) -> Result<()> {
    let all = files::read_all(&example.folder, files)?;
    let renaming = Renaming::of(example, new, &all);
    for (file, content) in &all {
        let text = std::str::from_utf8(content).map(|text| without_anchors(&renaming.text(file, text)));
        let content = text.map_or_else(|_| content.clone(), String::into_bytes);
        files::write_if_changed(&folder.join(renaming.folders(file)), &content)?;
    }
    Ok(())
}

fn without_anchors(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !anchors::is_anchor(line)).collect()
}

/// Puts new names in the place of old ones, only where a name is one: many are words of the text, too.
struct Renaming<'a> {
    old: Names,
    new: &'a Names,
    is_module: bool,
    /// The files of the package, which stand after `NAME.` wherever that is the module.
    inside: BTreeSet<String>,
    /// Whether some script has the module as a name: then a transcript may show that line of it.
    in_scripts: bool,
}

impl<'a> Renaming<'a> {
    fn of(example: &ExampleCrate, new: &'a Names, files: &files::Files) -> Self {
        let old = Names::of_example(example);
        let package = format!("python/{}/", old.module);
        let (mut inside, mut in_scripts) = (BTreeSet::from(["_native".to_owned()]), false);
        for (file, content) in files {
            if let Some(stem) = file.strip_prefix(&package).and_then(|_| Path::new(file).file_stem()) {
                inside.insert(stem.to_string_lossy().into_owned());
            }
            let is_script = file.ends_with(".py") && !file.contains('/');
            in_scripts |= is_script && imports(&String::from_utf8_lossy(content), &old.module);
        }
        Self { old, new, is_module: example.is_native_module, inside, in_scripts }
    }

    /// The folder of the Python package, in a path or in a text.
    fn folders(&self, text: &str) -> String {
        let folder = |names: &Names| format!("python/{}/", names.module);
        if self.is_module { text.replace(&folder(&self.old), &folder(self.new)) } else { text.to_owned() }
    }

    fn text(&self, file: &str, text: &str) -> String {
        let text = self.package(&self.folders(text));
        match file.rsplit(['.', '/']).next().unwrap_or_default() {
            "toml" if file.ends_with("Cargo.toml") || file.ends_with("pyproject.toml") => self.manifest(file, &text),
            _ if !self.is_module => text,
            "rs" => self.rust(&text),
            "console" => self.python(&text, self.in_scripts),
            "py" | "pyi" | "pycon" | "ipynb" => self.python(&text, imports(&text, &self.old.module)),
            _ => text,
        }
    }

    /// The name of the package, also as that of a library: one such as native-module-tokio is no word of a text.
    fn package(&self, text: &str) -> String {
        let (old, new) = (&self.old.package, &self.new.package);
        let renamed = NAME.replace_all(text, |found: &Captures| match &found[2] {
            _ if !old.contains('-') => found[0].to_owned(),
            name if name == old => format!("{}{new}", &found[1]),
            name if name == old.replace('-', "_") => format!("{}{}", &found[1], new.replace('-', "_")),
            _ => found[0].to_owned(),
        });
        renamed.into_owned()
    }

    fn manifest(&self, file: &str, text: &str) -> String {
        let (old, new) = (&self.old, self.new);
        let name = |name: &str| format!("\nname = \"{name}\"");
        let own = if file.ends_with("Cargo.toml") {
            text.replacen(&name(&old.package), &name(&new.package), 1)
        } else {
            let project = name(&new.project);
            text.replace(&name(&old.project), &project).replace(&name(&old.project.replace('_', "-")), &project)
        };
        own.replace(&name(&old.module), &name(&new.module))
            .replace(&format!("\"{}.", old.module), &format!("\"{}.", new.module))
    }

    /// The name where Rust means Python's module: in `py.import("…")`, `module = "…"`, `create_exception!(…,`.
    fn rust(&self, text: &str) -> String {
        let (old, new) = (&self.old.module, &self.new.module);
        let before = r#"import(?:_bound)?\(\s*(?:py,\s*)?c?"|module\s*=\s*"|(?:create|import)_exception!\(\s*"#;
        let names = Regex::new(&format!(r"({before}){old}\b|(\buse ){old}(::)")).expect("a name in a valid pattern");
        // Python in a string.
        self.python(&names.replace_all(text, format!("${{1}}${{2}}{new}${{3}}")), false)
    }

    /// The name where Python means the module; `imported`: where it is a name of this file.
    fn python(&self, text: &str, imported: bool) -> String {
        let (old, new) = (&self.old.module, &self.new.module);
        let text = text.replace(&format!("Installed {old}-0.1.0"), &format!("Installed {}-0.1.0", self.new.project));
        let lists: Vec<_> = import_lists(&text).collect();
        let before = r#"from |-m |import_module\("|modules\["|find_spec\("|getLogger\("|[(\[]|, |[.-]"#;
        let name = Regex::new(&format!(r"({before}|)\b({old})\b((?:\.\w+)?)")).expect("a name in a valid pattern");
        let renamed = name.replace_all(&text, |found: &Captures| {
            let (before, attribute) = (&found[1], found[3].trim_start_matches('.'));
            let after = &text[found.get_match().end()..];
            let is_inside =
                self.inside.contains(attribute) || attribute.starts_with(|c: char| c.is_ascii_uppercase());
            let in_list = lists.iter().any(|list| found.get(2).is_some_and(|name| list.contains(&name.start())));
            let is_name = match before {
                "." | "-" => false,
                _ if in_list || is_inside || imported && !attribute.is_empty() => true,
                "" => false,
                "(" | "[" | ", " => imported && after.starts_with([')', ',', ']']),
                "from " => after.starts_with(" import") || !attribute.is_empty(),
                _by_name => true,
            };
            if is_name { format!("{before}{new}{}", &found[3]) } else { found[0].to_owned() }
        });
        renamed.into_owned()
    }
}

/// Whether some `import` in the text makes `module` a name of it.
fn imports(text: &str, module: &str) -> bool {
    import_lists(text).any(|list| {
        let mut names = text[list].split(',').map(str::trim);
        names.any(|name| name == module || name.starts_with(&format!("{module}.")))
    })
}

/// Where the names after each `import` are.
fn import_lists(text: &str) -> impl Iterator<Item = Range<usize>> {
    let imports = IMPORT.captures_iter(text).filter(|found| found.get(1).is_none());
    imports.filter_map(|found| Some(found.get(2)?.range()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn renaming(new: &Names) -> Renaming<'_> {
        Renaming {
            old: Names { package: "a-feed-tokio".to_owned(), project: "feed".to_owned(), module: "feed".to_owned() },
            new,
            is_module: true,
            inside: BTreeSet::from(["_native", "testing"].map(str::to_owned)),
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
        renamed_copy(&all, &example, &new, &Names::of("my-news")).expect("a copy");
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
