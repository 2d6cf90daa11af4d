//! What product code does not do: texts that `ci/idioms.toml` refuses, and two rules about whole files.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use regex::Regex;
use serde::Deserialize;

use crate::repo::{Pattern, Problem, Repo, page};

const TABLE: &str = "ci/idioms.toml";
const RUNTIME: &str = "src/runtime.rs";
const TRAVERSE: &str = "__traverse__";

/// A class, from its attribute to the end of its fields: its name, and they.
static CLASS: Pattern = Pattern::of(
    r"#\[pyclass[^\]]*\](?:\s|#\[[^\]]*\]|///[^\n]*|//[^\n]*)*(?:pub(?:\([a-z]+\))? )?struct (\w+)(?:<[^>{(]*>)?\s*(\{[^}]*\}|\([^;]*\);)",
);
static PYTHON: Pattern = Pattern::of(r"\bPy<|\bPyErr\b|\bPyAny\b|\bPyObject\b");

/// Names of crates, and why a rule is not for them.
type About = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    refused: Vec<Refused>,
    /// The crates whose classes may hold Python objects without `__traverse__`.
    #[serde(default)]
    no_traverse: About,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    text: String,
    /// A line that it refuses: a pattern that matches nothing would find nothing for ever.
    example: String,
    why: String,
    #[serde(default)]
    about: About,
}

/// What the Rust of the examples does all the same, and exceptions that nothing needs.
pub fn problems(repo: &Repo) -> Result<Vec<Problem>> {
    let Table { refused, no_traverse } = repo.table(TABLE)?;
    let mut patterns = Vec::new();
    for Refused { text, example, .. } in &refused {
        let pattern = Regex::new(text).with_context(|| format!("{TABLE}: {text}"))?;
        ensure!(pattern.is_match(example), "{TABLE}: `{text}` does not match its example");
        patterns.push(pattern);
    }
    // Each by its name, with the crates that it is not for.
    let rules = refused.iter().map(|rule| (rule.text.as_str(), &rule.about)).chain([(TRAVERSE, &no_traverse)]);
    let mut problems = Vec::new();
    let mut excused = BTreeSet::new();
    for example in &repo.crates {
        let name = example.name();
        let sources = repo.texts(example, &["rs"]).filter(|(file, _)| file.starts_with("src/"));
        let (runtime, product): (Vec<_>, Vec<_>) = sources.partition(|(file, _)| *file == RUNTIME);
        for (file, text) in &product {
            let file = example.file(file);
            let first_of_each = refused.iter().zip(&patterns).filter_map(|(rule, pattern)| {
                let found = pattern.find(text)?;
                let what = format!("`{}`: {}", found.as_str(), rule.why);
                Some((rule.text.as_str(), &rule.about, Problem::at(&file, page::line_of(text, found.start()), what)))
            });
            let classes = without_traverse(text).into_iter();
            let classes = classes.map(|what| (TRAVERSE, &no_traverse, Problem::new(&file, what)));
            for (rule, about, problem) in first_of_each.chain(classes) {
                if about.contains_key(&name) {
                    excused.insert((rule, name.clone()));
                } else {
                    problems.push(problem);
                }
            }
        }
        if !runtime.is_empty() && !product.iter().any(|(_, text)| text.contains("runtime::set_up(")) {
            problems.push(Problem::new(example.file(RUNTIME), "nothing calls its `set_up`"));
        }
    }
    for (rule, about) in rules {
        for name in about.keys().filter(|name| !excused.contains(&(rule, (*name).clone()))) {
            let what = format!("{name} needs no exception for `{rule}`: delete it");
            problems.push(Problem::new(TABLE, what));
        }
    }
    Ok(problems)
}

/// The classes of a file with a field that holds Python objects, if nothing in it is called `__traverse__`.
fn without_traverse(text: &str) -> Vec<String> {
    let classes = CLASS.captures_iter(text).filter(|found| !text.contains(TRAVERSE) && PYTHON.is_match(&found[2]));
    let what = classes.map(|found| {
        format!("`{}` holds Python objects and has no `{TRAVERSE}`: a cycle through it is never freed", &found[1])
    });
    what.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    const MANIFEST: &str = "[package]\nname = \"a\"\n";

    fn found(text: &str) -> Vec<String> {
        let name = |what: &String| what.split('`').nth(1).map(str::to_owned);
        without_traverse(text).iter().filter_map(name).collect()
    }

    #[test]
    fn a_class_that_holds_python_objects_needs_traverse() {
        let class = "#[pyclass(frozen, module = \"feed\")]\n/// A feed.\n#[derive(Debug)]\npub(crate) struct Feed {\n\
             \x20   /// Whom it calls.\n    callbacks: Vec<Py<PyAny>>,\n}\n";
        assert_eq!(found(class), ["Feed"]);
        assert_eq!(found(&format!("{class}fn __traverse__() {{}}\n")), [""; 0]);
        let failed = "#[pyclass]\nstruct Failed(Option<PyErr>);\n";
        assert_eq!(found(failed), ["Failed"]);
    }

    #[test]
    fn other_structs_and_other_fields_need_none() {
        let text = "#[pyclass]\nstruct Count {\n    n: u64,\n}\n\nstruct Held {\n    object: Py<PyAny>,\n}\n\n\
             #[pymethods]\nimpl Count {\n    fn add(&self, other: Py<PyAny>) {}\n}\n";
        assert_eq!(found(text), [""; 0]);
    }

    #[test]
    fn a_refused_text_is_told_with_its_line_and_an_exception_must_be_used() {
        let table = "[[refused]]\ntext = 'no holder panics'\nexample = 'no holder panics'\nwhy = \"one can\"\n\
             about = { \"lab/tokio\" = \"it is the subject\", \"gone/tokio\" = \"it was\" }\n";
        let files = [
            (TABLE, table),
            ("examples/a/tokio/Cargo.toml", MANIFEST),
            ("examples/a/tokio/src/lib.rs", "\nlock().expect(\"no holder panics\")\n"),
            ("examples/a/tokio/src/runtime.rs", "pub fn set_up() {}\n"),
            ("examples/lab/tokio/Cargo.toml", MANIFEST),
            ("examples/lab/tokio/src/lib.rs", "\"no holder panics\"\nruntime::set_up(py)\n"),
            ("examples/lab/tokio/src/runtime.rs", "pub fn set_up() {}\n"),
        ];
        let problems = problems(&tree(&files)).expect("a table");
        assert_eq!(
            problems.iter().map(Problem::to_string).collect::<Vec<_>>(),
            [
                "examples/a/tokio/src/lib.rs:2: `no holder panics`: one can",
                "examples/a/tokio/src/runtime.rs: nothing calls its `set_up`",
                "ci/idioms.toml: gone/tokio needs no exception for `no holder panics`: delete it",
            ]
        );
    }

    #[test]
    fn a_rule_that_does_not_match_its_example_is_refused() {
        let table = "[[refused]]\ntext = 'panics\\('\nexample = 'panics'\nwhy = \"one can\"\n";
        let error = problems(&tree(&[(TABLE, table)])).expect_err("refused");
        assert_eq!(error.to_string(), "ci/idioms.toml: `panics\\(` does not match its example");
    }
}
