//! What is a copy of what, by the table `ci/copies.toml`: `sync` writes the copies, `check` compares them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use regex::Regex;
use serde::Deserialize;

use crate::repo::{Problem, Repo, files, problem};

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
#[derive(Default)]
pub struct Copies {
    /// Copy and original, from the root.
    pairs: Vec<(String, String)>,
    problems: Vec<Problem>,
}

impl Copies {
    pub fn of(repo: &Repo) -> Result<Self> {
        let table: Table = repo.table(TABLE)?;
        let mut copies = Self::default();
        for row in &table.copies {
            copies.add(repo, row)?;
        }
        Ok(copies)
    }

    fn add(&mut self, repo: &Repo, row: &Row) -> Result<()> {
        let wanted = patterns(&row.files, &[(r"\*\*/", "(?:.*/)?"), (r"\*", "[^/]*")])?;
        let targets = patterns(&row.to, &[(r"\{", "(?P<"), (r"\}", ">[^/]+)")])?;
        let mut excused = BTreeSet::new();
        let before = self.pairs.len();
        for example in &repo.crates {
            let Some(found) = targets.iter().find_map(|target| target.captures(&example.dir)) else { continue };
            let mut of = String::new();
            found.expand(&row.of.replace('{', "${"), &mut of);
            let has = |inside: &String| repo.has(&example.file(inside));
            if of == example.dir || !row.has.as_ref().is_none_or(has) || row.lacks.as_ref().is_some_and(has) {
                continue;
            }
            let originals = repo.below(&of).map(|(inside, _)| inside);
            for inside in originals.filter(|inside| wanted.iter().any(|pattern| pattern.is_match(inside))) {
                let copy = example.file(&in_own_package(inside, &example.packages));
                if row.except.contains_key(&example.name()) {
                    excused.insert(example.name());
                } else if (!row.there || repo.has(&copy)) && self.original(&copy).is_none() {
                    self.pairs.push((copy, format!("{of}/{inside}")));
                }
            }
        }
        if self.pairs.len() == before {
            let what = format!("nothing is a copy of {} of {}", row.files.join(", "), row.of);
            self.problems.push(Problem::new(TABLE, what));
            return Ok(());
        }
        for name in row.except.keys().filter(|name| !excused.contains(*name)) {
            let what = format!("{name} would have no copy of {}: delete the exception", row.of);
            self.problems.push(Problem::new(TABLE, what));
        }
        Ok(())
    }

    fn original(&self, copy: &str) -> Option<&str> {
        self.pairs.iter().find(|(file, _)| file == copy).map(|(_, original)| original.as_str())
    }

    /// Whether the two files have the same text by the table.
    pub fn are_twins(&self, one: &str, other: &str) -> bool {
        self.first(one) == self.first(other)
    }

    /// The original of a file's original, and so on.
    pub fn first<'a>(&'a self, file: &'a str) -> &'a str {
        self.original(file).map_or(file, |original| self.first(original))
    }

    /// The copies that differ from their originals, and what is wrong with the table.
    pub fn problems(&self, repo: &Repo) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        for (copy, original) in &self.pairs {
            let what = match repo.bytes(copy) {
                Some(text) if Some(text) == repo.bytes(original) => continue,
                Some(_) => format!("differs from its original {original}: `ci/just sync` writes it"),
                None => format!("missing, a copy of {original}: `ci/just sync` writes it"),
            };
            problems.push(Problem::new(copy, what));
        }
        problems
    }

    /// The copies to write, each with the text of its first original.
    fn wanted<'a>(&'a self, repo: &'a Repo) -> Vec<(&'a str, &'a [u8])> {
        let wanted = self.pairs.iter().filter_map(|(copy, _)| Some((copy.as_str(), repo.bytes(self.first(copy))?)));
        wanted.filter(|(copy, text)| repo.bytes(copy) != Some(text)).collect()
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

/// `python/sleeper/py.typed` as a file of the only package of these, if there is but one.
fn in_own_package(inside: &str, packages: &BTreeSet<String>) -> String {
    let in_package = inside.strip_prefix("python/").and_then(|file| file.split_once('/'));
    match (in_package, packages.first()) {
        (Some((_, file)), Some(own)) if packages.len() == 1 => format!("python/{own}/{file}"),
        _ => inside.to_owned(),
    }
}

/// Names of files, with `*` and `**/`, or of folders, with names in braces, as patterns of the whole name: what each
/// sign stands for is given.
fn patterns(names: &[String], signs: &[(&str, &str); 2]) -> Result<Vec<Regex>> {
    let pattern = |name: &String| {
        let pattern = signs.iter().fold(regex::escape(name), |text, (sign, meaning)| text.replace(sign, meaning));
        Regex::new(&format!("^{pattern}$")).with_context(|| format!("{TABLE}: {pattern}"))
    };
    names.iter().map(pattern).collect()
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
