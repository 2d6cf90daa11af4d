//! What is a copy of what, by the table `ci/copies.toml`: `sync` writes the copies, `check` compares them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use regex::Regex;
use serde::Deserialize;

use crate::project::{self, ExampleCrate};
use crate::workshop;

const TABLE: &str = "ci/copies.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    copies: Vec<Row>,
}

/// The header of the table says what each key means.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    of: String,
    files: Vec<String>,
    to: Vec<String>,
    has: Option<String>,
    lacks: Option<String>,
    #[serde(default)]
    there: bool,
    #[serde(default)]
    except: BTreeMap<String, String>,
}

/// Every copy, after its original's own if that is one too, and what is wrong with the table.
pub struct Copies {
    pairs: Vec<Pair>,
    problems: Vec<String>,
}

/// Two files, from the root.
struct Pair {
    original: String,
    copy: String,
}

impl Copies {
    pub fn load(root: &Path, crates: &[ExampleCrate]) -> Result<Self> {
        let table: Table = toml::from_str(&project::read(&root.join(TABLE))?)
            .with_context(|| format!("{TABLE} is malformed"))?;
        let mut files = BTreeMap::new();
        for example in crates {
            let of_crate = workshop::sources(&example.folder)?;
            let names: BTreeSet<_> = of_crate.iter().map(|path| project::slashed(path)).collect();
            files.insert(format!("examples/{}", example.name()), names);
        }
        let mut copies = Self {
            pairs: Vec::new(),
            problems: Vec::new(),
        };
        let mut claimed = BTreeSet::new();
        for row in &table.copies {
            copies.add(row, &files, &mut claimed)?;
        }
        Ok(copies)
    }

    fn add(
        &mut self,
        row: &Row,
        crates: &BTreeMap<String, BTreeSet<String>>,
        claimed: &mut BTreeSet<String>,
    ) -> Result<()> {
        let wanted = row
            .files
            .iter()
            .map(|pattern| file_pattern(pattern))
            .collect::<Result<Vec<_>>>()?;
        let targets = row
            .to
            .iter()
            .map(|pattern| folder_pattern(pattern))
            .collect::<Result<Vec<_>>>()?;
        let mut excused = BTreeSet::new();
        let before = self.pairs.len();
        for (folder, files) in crates {
            let Some(found) = targets.iter().find_map(|target| target.captures(folder)) else {
                continue;
            };
            let unfit = row.has.as_ref().is_some_and(|file| !files.contains(file))
                || row.lacks.as_ref().is_some_and(|file| files.contains(file));
            let mut of = String::new();
            found.expand(&row.of.replace('{', "${"), &mut of);
            let originals = crates.get(&of).filter(|_| !unfit && of != *folder);
            for inside in originals.into_iter().flatten() {
                if !wanted.iter().any(|pattern| pattern.is_match(inside)) {
                    continue;
                }
                let own = in_own_package(inside, files);
                let copy = format!("{folder}/{own}");
                let name = folder.trim_start_matches("examples/");
                if row.except.contains_key(name) {
                    excused.insert(name);
                } else if (!row.there || files.contains(&own)) && claimed.insert(copy.clone()) {
                    let original = format!("{of}/{inside}");
                    self.pairs.push(Pair { original, copy });
                }
            }
        }
        if self.pairs.len() == before {
            self.problems.push(format!(
                "{TABLE}: nothing is a copy of {} of {}",
                row.files.join(", "),
                row.of
            ));
        }
        for name in row.except.keys() {
            if !excused.contains(name.as_str()) && self.pairs.len() > before {
                self.problems.push(format!(
                    "{TABLE}: {name} would have no copy of {}: delete the exception",
                    row.of
                ));
            }
        }
        Ok(())
    }

    /// Whether the two files have the same text by the table.
    pub fn are_twins(&self, one: &str, other: &str) -> bool {
        self.first(one) == self.first(other)
    }

    /// The original of a file's original, and so on.
    fn first<'a>(&'a self, file: &'a str) -> &'a str {
        match self.pairs.iter().find(|pair| pair.copy == file) {
            Some(pair) => self.first(&pair.original),
            None => file,
        }
    }

    /// The copies that differ from their originals, a line each, and what is wrong with the table.
    pub fn problems(&self, root: &Path) -> Result<Vec<String>> {
        let mut problems = self.problems.clone();
        for pair in &self.pairs {
            problems.extend(pair.problem(root)?);
        }
        Ok(problems)
    }

    /// Writes every copy that differs, and returns their names.
    fn write(&self, root: &Path) -> Result<Vec<String>> {
        let mut written = Vec::new();
        for pair in &self.pairs {
            if pair.problem(root)?.is_some() {
                project::write_if_changed(&root.join(&pair.copy), &pair.original(root)?)?;
                written.push(pair.copy.clone());
            }
        }
        Ok(written)
    }
}

impl Pair {
    fn original(&self, root: &Path) -> Result<Vec<u8>> {
        let path = root.join(&self.original);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    fn problem(&self, root: &Path) -> Result<Option<String>> {
        let Self { original, copy } = self;
        Ok(match fs::read(root.join(copy)) {
            Ok(text) if text == self.original(root)? => None,
            Ok(_) => Some(format!(
                "{copy}: differs from its original {original}: `ci/just sync` writes it"
            )),
            Err(_) => Some(format!(
                "{copy}: missing, a copy of {original}: `ci/just sync` writes it"
            )),
        })
    }
}

/// Writes every copy, and says which files it wrote.
pub fn sync(root: &Path) -> Result<()> {
    let copies = Copies::load(root, &project::crates(root)?)?;
    let written = copies.write(root)?;
    for copy in &written {
        println!("wrote {copy}");
    }
    println!(
        "{} copies, {} of them written",
        copies.pairs.len(),
        written.len()
    );
    if !copies.problems.is_empty() {
        bail!("{}", copies.problems.join("\n"));
    }
    Ok(())
}

/// `python/sleeper/py.typed` as a file of the only package that the crate with these files has.
fn in_own_package(inside: &str, files: &BTreeSet<String>) -> String {
    let package_of = |file: &str| Some(file.strip_prefix("python/")?.split_once('/')?.0.to_owned());
    let packages: BTreeSet<_> = files.iter().filter_map(|file| package_of(file)).collect();
    match (package_of(inside), packages.first()) {
        (Some(old), Some(own)) if packages.len() == 1 => {
            inside.replacen(&format!("python/{old}/"), &format!("python/{own}/"), 1)
        }
        _ => inside.to_owned(),
    }
}

/// `*` is a part of a name, `**/` any folders.
fn file_pattern(pattern: &str) -> Result<Regex> {
    let pattern = regex::escape(pattern)
        .replace(r"\*\*/", "(?:.*/)?")
        .replace(r"\*", "[^/]*");
    Regex::new(&format!("^{pattern}$")).with_context(|| format!("{TABLE}: {pattern}"))
}

/// A name in braces is any one folder name.
fn folder_pattern(pattern: &str) -> Result<Regex> {
    let pattern = regex::escape(pattern)
        .replace(r"\{", "(?P<")
        .replace(r"\}", ">[^/]+)");
    Regex::new(&format!("^{pattern}$")).with_context(|| format!("{TABLE}: {pattern}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE_OF_TWO: &str = r#"
        [[copies]]
        of = "examples/first/tokio"
        files = ["src/runtime.rs", "python/*/py.typed"]
        to = ["examples/{topic}/tokio"]
        has = "pyproject.toml"
        except = { "lab/tokio" = "a reason" }

        [[copies]]
        of = "examples/{topic}/tokio"
        files = ["**/*.py"]
        to = ["examples/{topic}/async-std"]
    "#;

    /// A tree with these files, in a folder of its own for each test.
    fn tree(name: &str, table: &str, files: &[(&str, &str)]) -> std::path::PathBuf {
        let root = std::env::temp_dir().join(format!("guide-copies-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let old = "examples/pyo3-asyncio/old/tokio/Cargo.toml";
        for (file, text) in files.iter().chain(&[(TABLE, table), (old, "")]) {
            project::write_if_changed(&root.join(file), text.as_bytes()).expect("a file");
        }
        root
    }

    fn problems(root: &Path) -> Vec<String> {
        let crates = project::crates(root).expect("crates");
        let copies = Copies::load(root, &crates).expect("a table");
        copies.problems(root).expect("files")
    }

    const TWO: [(&str, &str); 14] = [
        ("examples/first/tokio/Cargo.toml", ""),
        ("examples/first/tokio/pyproject.toml", ""),
        ("examples/first/tokio/src/runtime.rs", "new"),
        ("examples/first/tokio/python/one/py.typed", ""),
        ("examples/first/tokio/tests/a.py", "a"),
        ("examples/first/async-std/Cargo.toml", ""),
        ("examples/second/tokio/Cargo.toml", ""),
        ("examples/second/tokio/pyproject.toml", ""),
        ("examples/second/tokio/src/runtime.rs", "old"),
        ("examples/second/tokio/python/two/__init__.py", ""),
        ("examples/lab/tokio/Cargo.toml", ""),
        ("examples/lab/tokio/pyproject.toml", ""),
        ("examples/lab/tokio/src/runtime.rs", "its own"),
        ("examples/program/tokio/Cargo.toml", ""),
    ];

    #[test]
    fn each_difference_is_a_line_and_sync_ends_it() {
        let root = tree("sync", TABLE_OF_TWO, &TWO);
        assert_eq!(
            problems(&root),
            [
                "examples/second/tokio/python/two/py.typed: missing, a copy of \
                 examples/first/tokio/python/one/py.typed: `ci/just sync` writes it",
                "examples/second/tokio/src/runtime.rs: differs from its original \
                 examples/first/tokio/src/runtime.rs: `ci/just sync` writes it",
                "examples/first/async-std/tests/a.py: missing, a copy of \
                 examples/first/tokio/tests/a.py: `ci/just sync` writes it",
            ]
        );
        sync(&root).expect("writes");
        assert_eq!(problems(&root), [""; 0]);
        let lab = project::read(&root.join("examples/lab/tokio/src/runtime.rs")).expect("there");
        assert_eq!(lab, "its own");
        fs::remove_dir_all(root).expect("its folder");
    }

    #[test]
    fn a_copy_of_a_copy_is_written_in_one_go() {
        let table = format!(
            "{TABLE_OF_TWO}\n[[copies]]\nof = \"examples/first/async-std\"\nfiles = [\"tests/a.py\"]\n\
             to = [\"examples/program/tokio\"]\n"
        );
        let old = [("examples/first/async-std/tests/a.py", "old")];
        let root = tree("chain", &table, &[&TWO[..], &old].concat());
        sync(&root).expect("writes");
        let copy = project::read(&root.join("examples/program/tokio/tests/a.py")).expect("there");
        assert_eq!(copy, "a");
        fs::remove_dir_all(root).expect("its folder");
    }

    #[test]
    fn a_row_or_an_exception_for_nothing_is_a_problem() {
        let table = TABLE_OF_TWO
            .replace("lab/tokio", "gone/tokio")
            .replace("**/*.py", "*.pycon");
        let root = tree("nothing", &table, &TWO);
        let said = problems(&root).join("\n");
        let gone = "gone/tokio would have no copy of examples/first/tokio: delete the exception";
        assert!(said.contains(gone), "{said}");
        let nothing = "nothing is a copy of *.pycon of examples/{topic}/tokio";
        assert!(said.contains(nothing), "{said}");
        fs::remove_dir_all(root).expect("its folder");
    }

    #[test]
    fn the_first_row_that_names_a_file_counts() {
        let table = format!(
            "{TABLE_OF_TWO}\n[[copies]]\nof = \"examples/lab/tokio\"\nfiles = [\"src/runtime.rs\"]\n\
             to = [\"examples/second/tokio\", \"examples/program/tokio\"]\n"
        );
        let root = tree("order", &table, &TWO);
        let said = problems(&root).join("\n");
        assert!(
            said.contains("second/tokio/src/runtime.rs: differs from its original examples/first")
        );
        assert!(
            !said.contains("second/tokio/src/runtime.rs: differs from its original examples/lab")
        );
        assert!(said.contains("program/tokio/src/runtime.rs: missing, a copy of examples/lab"));
        fs::remove_dir_all(root).expect("its folder");
    }
}
