//! What is a copy of what, by the table `ci/copies.toml`: `sync` writes the copies, `check` compares them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use regex::Regex;
use serde::Deserialize;

use crate::repo::example::ExampleCrate;
use crate::repo::problem::{self, Problem};
use crate::repo::{Repo, files};

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
    problems: Vec<Problem>,
}

/// Two files, from the root.
struct Pair {
    original: String,
    copy: String,
}

impl Copies {
    pub fn of(repo: &Repo) -> Result<Self> {
        let table: Table = repo.table(TABLE)?;
        let names = |example: &ExampleCrate| {
            let files = repo.below(&example.dir).map(|(file, _)| file.to_owned());
            (example.dir.clone(), files.collect::<BTreeSet<_>>())
        };
        let files: BTreeMap<_, _> = repo.crates.iter().map(names).collect();
        let mut copies = Self { pairs: Vec::new(), problems: Vec::new() };
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
        let wanted = row.files.iter().map(|pattern| file_pattern(pattern)).collect::<Result<Vec<_>>>()?;
        let targets = row.to.iter().map(|pattern| folder_pattern(pattern)).collect::<Result<Vec<_>>>()?;
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
            let what = format!("nothing is a copy of {} of {}", row.files.join(", "), row.of);
            self.problems.push(Problem::new(TABLE, what));
        }
        for name in row.except.keys() {
            if !excused.contains(name.as_str()) && self.pairs.len() > before {
                let what = format!("{name} would have no copy of {}: delete the exception", row.of);
                self.problems.push(Problem::new(TABLE, what));
            }
        }
        Ok(())
    }

    /// Whether the two files have the same text by the table.
    pub fn are_twins(&self, one: &str, other: &str) -> bool {
        self.first(one) == self.first(other)
    }

    /// The original of a file's original, and so on.
    pub fn first<'a>(&'a self, file: &'a str) -> &'a str {
        match self.pairs.iter().find(|pair| pair.copy == file) {
            Some(pair) => self.first(&pair.original),
            None => file,
        }
    }

    /// The copies that differ from their originals, and what is wrong with the table.
    pub fn problems(&self, repo: &Repo) -> Vec<Problem> {
        let of_pairs = self.pairs.iter().filter_map(|pair| pair.problem(repo));
        self.problems.iter().cloned().chain(of_pairs).collect()
    }

    /// The copies to write, each with the text of its first original.
    fn wanted<'a>(&'a self, repo: &'a Repo) -> Vec<(&'a str, &'a [u8])> {
        let text = |pair: &'a Pair| repo.bytes(self.first(&pair.original));
        let differs = |pair: &'a Pair| {
            let wanted = text(pair)?;
            (repo.bytes(&pair.copy) != Some(wanted)).then_some((pair.copy.as_str(), wanted))
        };
        self.pairs.iter().filter_map(differs).collect()
    }
}

impl Pair {
    fn problem(&self, repo: &Repo) -> Option<Problem> {
        let original = &self.original;
        let what = match repo.bytes(&self.copy) {
            Some(text) if Some(text) == repo.bytes(original) => return None,
            Some(_) => format!("differs from its original {original}: `ci/just sync` writes it"),
            None => format!("missing, a copy of {original}: `ci/just sync` writes it"),
        };
        Some(Problem::new(&self.copy, what))
    }
}

/// Writes every copy, and says which files it wrote.
pub fn sync(repo: &Repo) -> Result<()> {
    let copies = Copies::of(repo)?;
    let wanted = copies.wanted(repo);
    for (copy, text) in &wanted {
        files::write_if_changed(&repo.root.join(copy), text)?;
        println!("wrote {copy}");
    }
    println!("{} copies, {} of them written", copies.pairs.len(), wanted.len());
    problem::none(&copies.problems)
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
    let pattern = regex::escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*");
    Regex::new(&format!("^{pattern}$")).with_context(|| format!("{TABLE}: {pattern}"))
}

/// A name in braces is any one folder name.
fn folder_pattern(pattern: &str) -> Result<Regex> {
    let pattern = regex::escape(pattern).replace(r"\{", "(?P<").replace(r"\}", ">[^/]+)");
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

    const MANIFEST: &str = "[package]\nname = \"a\"\n";

    const TWO: [(&str, &str); 14] = [
        ("examples/first/tokio/Cargo.toml", MANIFEST),
        ("examples/first/tokio/pyproject.toml", ""),
        ("examples/first/tokio/src/runtime.rs", "new"),
        ("examples/first/tokio/python/one/py.typed", ""),
        ("examples/first/tokio/tests/a.py", "a"),
        ("examples/first/async-std/Cargo.toml", MANIFEST),
        ("examples/second/tokio/Cargo.toml", MANIFEST),
        ("examples/second/tokio/pyproject.toml", ""),
        ("examples/second/tokio/src/runtime.rs", "old"),
        ("examples/second/tokio/python/two/__init__.py", ""),
        ("examples/lab/tokio/Cargo.toml", MANIFEST),
        ("examples/lab/tokio/pyproject.toml", ""),
        ("examples/lab/tokio/src/runtime.rs", "its own"),
        ("examples/program/tokio/Cargo.toml", MANIFEST),
    ];

    fn tree(table: &str, more: &[(&str, &str)]) -> Repo {
        crate::repo::tests::tree(&[&TWO[..], &[(TABLE, table)], more].concat())
    }

    fn said(repo: &Repo) -> Vec<String> {
        let problems = Copies::of(repo).expect("a table").problems(repo);
        problems.iter().map(Problem::to_string).collect()
    }

    fn wanted(repo: &Repo) -> Vec<(String, String)> {
        let copies = Copies::of(repo).expect("a table");
        let wanted = copies.wanted(repo).into_iter();
        let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        wanted.map(|(copy, content)| (copy.to_owned(), text(content))).collect()
    }

    #[test]
    fn each_difference_is_a_problem_and_what_sync_writes() {
        let repo = tree(TABLE_OF_TWO, &[]);
        assert_eq!(
            said(&repo),
            [
                "examples/second/tokio/python/two/py.typed: missing, a copy of \
                 examples/first/tokio/python/one/py.typed: `ci/just sync` writes it",
                "examples/second/tokio/src/runtime.rs: differs from its original \
                 examples/first/tokio/src/runtime.rs: `ci/just sync` writes it",
                "examples/first/async-std/tests/a.py: missing, a copy of \
                 examples/first/tokio/tests/a.py: `ci/just sync` writes it",
            ]
        );
        let wanted = wanted(&repo);
        assert_eq!(wanted[1], ("examples/second/tokio/src/runtime.rs".to_owned(), "new".to_owned()));
        assert_eq!(wanted.len(), 3);
    }

    #[test]
    fn a_copy_of_a_copy_is_written_in_one_go() {
        let table = format!(
            "{TABLE_OF_TWO}\n[[copies]]\nof = \"examples/first/async-std\"\nfiles = [\"tests/a.py\"]\n\
             to = [\"examples/program/tokio\"]\n"
        );
        let repo = tree(&table, &[("examples/first/async-std/tests/a.py", "old")]);
        let copy = ("examples/program/tokio/tests/a.py".to_owned(), "a".to_owned());
        assert!(wanted(&repo).contains(&copy));
    }

    #[test]
    fn a_row_or_an_exception_for_nothing_is_a_problem() {
        let table = TABLE_OF_TWO.replace("lab/tokio", "gone/tokio").replace("**/*.py", "*.pycon");
        let said = said(&tree(&table, &[])).join("\n");
        let gone = "gone/tokio would have no copy of examples/first/tokio: delete the exception";
        assert!(said.contains(gone), "{said}");
        let nothing = "nothing is a copy of *.pycon of examples/{topic}/tokio";
        assert!(said.contains(nothing), "{said}");
    }

    #[test]
    fn the_first_row_that_names_a_file_counts() {
        let table = format!(
            "{TABLE_OF_TWO}\n[[copies]]\nof = \"examples/lab/tokio\"\nfiles = [\"src/runtime.rs\"]\n\
             to = [\"examples/second/tokio\", \"examples/program/tokio\"]\n"
        );
        let said = said(&tree(&table, &[])).join("\n");
        let runtime = "second/tokio/src/runtime.rs: differs from its original examples";
        assert!(said.contains(&format!("{runtime}/first")));
        assert!(!said.contains(&format!("{runtime}/lab")));
        assert!(said.contains("program/tokio/src/runtime.rs: missing, a copy of examples/lab"));
    }
}
