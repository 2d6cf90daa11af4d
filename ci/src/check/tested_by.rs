//! "Tested by" at the end of a page: every test it names is one of the crates that the page shows.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::repo::{ExampleCrate, Page, Pattern, Problem, Repo, page};

/// The id of the section, in both languages.
const SECTION: &str = "tested-by";
/// A test is named by a sentence: three words at least.
static TEST_NAME: Pattern = Pattern::of(r"`([a-z0-9]+(?:_[a-z0-9]+){2,})`");
static FUNCTION: Pattern = Pattern::of(r"\b(?:def|fn) (\w+)\s*[(<]");
/// A function of Rust with an attribute `test`, such as `#[tokio::test]`, and other attributes after it.
static TEST_IN_RUST: Pattern = Pattern::of(r"#\[(?:\w+::)*test\b[^\n]*\]\s*(?:#\[[^\n]*\]\s*)*(?:async )?fn (\w+)");
static TEST_IN_PYTHON: Pattern = Pattern::of(r"\bdef (test_\w+)\(");

/// Names that stand for no function of the page's crates: a sentence there may name what is tested, too.
pub fn problems(repo: &Repo) -> Vec<Problem> {
    let functions = names(repo, |_| &FUNCTION);
    let is_there = |page: &Page, name: &str| crates_of(repo, page).iter().any(|one| functions[one].contains(name));
    let unknown = named(repo).into_iter().filter(|(page, _, name)| !is_there(page, name));
    let what = |name: String| format!("no crate that this page shows has a test `{name}`");
    unknown.map(|(page, line, name)| page.problem(line, what(name))).collect()
}

/// Named tests that `verified` crates have but did not run. `ran` holds the tests that were seen to run, by
/// crate. A test of a crate that does not build for the Python in use may be missing.
pub fn not_run(repo: &Repo, verified: &BTreeSet<String>, ran: &BTreeMap<String, BTreeSet<String>>) -> Vec<Problem> {
    // Every function below `tests/` counts in Rust, where a harness may take any.
    let tests = names(repo, |file| match file.ends_with(".py") {
        true => &TEST_IN_PYTHON,
        false if file.contains("/tests/") => &FUNCTION,
        false => &TEST_IN_RUST,
    });
    let did_not = |page: &Page, name: &str| {
        let mut owners = crates_of(repo, page);
        owners.retain(|one| verified.contains(one) && tests[one].contains(name));
        !owners.is_empty() && !owners.iter().any(|one| ran.get(one).is_some_and(|all| all.contains(name)))
    };
    let not_run = named(repo).into_iter().filter(|(page, _, name)| did_not(page, name));
    not_run.map(|(page, line, name)| page.problem(line, format!("`{name}` did not run"))).collect()
}

/// The crates of every topic that a page shows a file of, by their names.
pub fn crates_of(repo: &Repo, page: &Page) -> Vec<String> {
    let topics: BTreeSet<_> =
        page.includes().filter_map(|include| include.example()).map(|file| (file.bridge, file.topic)).collect();
    let is_shown = |one: &&ExampleCrate| topics.contains(&(one.bridge, one.topic.as_str()));
    repo.crates.iter().filter(is_shown).map(ExampleCrate::name).collect()
}

/// Page, line and name of each test that the sections name.
fn named(repo: &Repo) -> Vec<(&Page, usize, String)> {
    let mut names = Vec::new();
    for page in &repo.pages {
        for section in page::sections(&page.text).iter().filter(|section| section.id == SECTION) {
            for found in TEST_NAME.captures_iter(&section.text) {
                let line = section.line - 1 + page::line_of(&section.text, found.get_match().start());
                names.push((page, line, found[1].to_owned()));
            }
        }
    }
    names
}

/// What a pattern finds in the files of each crate, by the crate's name.
fn names(repo: &Repo, pattern: impl Fn(&str) -> &'static Regex) -> BTreeMap<String, BTreeSet<&str>> {
    let of_crate = |example| {
        let texts = repo.texts(example, &["rs", "py"]);
        let found = texts.flat_map(|(file, text)| pattern(file).captures_iter(text));
        (ExampleCrate::name(example), found.map(|found| found.extract::<1>().1[0]).collect())
    };
    repo.crates.iter().map(of_crate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    #[test]
    fn only_names_in_the_section_are_taken_for_tests() {
        let text = "# T {#t}\n\n`not_a_test_here`\n\n## Tested by {#tested-by}\n\n- `the_sun_rises`, `cargo test`\n";
        let repo = tree(&[("book/en/a.md", text)]);
        let named: Vec<_> = named(&repo).into_iter().map(|(_, line, name)| (line, name)).collect();
        assert_eq!(named, [(7, "the_sun_rises".to_owned())]);
    }

    #[test]
    fn a_named_test_of_a_verified_crate_must_have_run() {
        let page = "# A {#a}\n\n```rust\n{{#include ../../examples/first/tokio/src/lib.rs}}\n```\n\n\
                    ## Tested by {#tested-by}\n\n- `it_ends_at_once`\n- `it_is_nowhere_at_all`\n";
        let test = "#[test]\nfn it_ends_at_once() {}\n";
        let repo = tree(&[
            ("book/en/a.md", page),
            ("examples/first/tokio/tests/a.rs", test),
            ("examples/first/async-std/Cargo.toml", "[package]\nname = \"other\"\n"),
            ("examples/first/async-std/tests/a.rs", test),
        ]);
        let said = |problems: Vec<Problem>| problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n");
        let nowhere = "book/en/a.md:10: no crate that this page shows has a test `it_is_nowhere_at_all`";
        assert_eq!(said(problems(&repo)), nowhere);
        let of = |verified: &[&str], ran: &[&str]| {
            let verified = verified.iter().map(|&name| name.to_owned()).collect();
            let tests = BTreeSet::from(["it_ends_at_once".to_owned()]);
            said(not_run(&repo, &verified, &ran.iter().map(|&name| (name.to_owned(), tests.clone())).collect()))
        };
        assert_eq!(of(&[], &[]), "");
        assert_eq!(of(&["first/tokio"], &[]), "book/en/a.md:9: `it_ends_at_once` did not run");
        assert_eq!(of(&["first/tokio", "first/async-std"], &["first/async-std"]), "");
    }

    #[test]
    fn of_the_functions_that_a_sentence_names_only_tests_must_have_run() {
        let page = "# A {#a}\n\n```rust\n{{#include ../../examples/first/tokio/src/lib.rs}}\n```\n\n\
                    ## Tested by {#tested-by}\n\n- `it_ends_at_once`, `test_in_python_too`\n\n\
                    `sell_a_seat` and `count_the_seats` are to copy, and the tests use `comes_at_last`.\n";
        let source =
            "fn sell_a_seat() {}\n\n#[pyo3_async_runtimes::tokio::test]\n#[ignore]\nasync fn it_ends_at_once() {}\n";
        let python =
            "def count_the_seats(): ...\n\ndef comes_at_last(): ...\n\nasync def test_in_python_too(): ...\n";
        let repo = tree(&[
            ("book/en/a.md", page),
            ("examples/first/tokio/src/lib.rs", source),
            ("examples/first/tokio/tests/test_a.py", python),
        ]);
        assert!(problems(&repo).is_empty());
        let verified = BTreeSet::from(["first/tokio".to_owned()]);
        let said: Vec<_> = not_run(&repo, &verified, &BTreeMap::new()).iter().map(Problem::to_string).collect();
        assert_eq!(
            said,
            ["book/en/a.md:9: `it_ends_at_once` did not run", "book/en/a.md:9: `test_in_python_too` did not run"]
        );
    }
}
