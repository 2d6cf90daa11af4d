//! What product code does not do: texts that `ci/idioms.toml` refuses, and two rules about whole files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use anyhow::{Context, Result, ensure};
use regex::Regex;
use serde::Deserialize;

use crate::repo::Repo;
use crate::repo::example::ExampleCrate;
use crate::repo::page::line_of;
use crate::repo::problem::Problem;

const TABLE: &str = "ci/idioms.toml";
const RUNTIME: &str = "src/runtime.rs";

/// A class, from its attribute to the end of its fields: its name, and they.
static CLASS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"#\[pyclass[^\]]*\](?:\s|#\[[^\]]*\]|///[^\n]*|//[^\n]*)*(?:pub(?:\([a-z]+\))? )?struct (\w+)(?:<[^>{(]*>)?\s*(\{[^}]*\}|\([^;]*\);)").expect("valid")
});
static PYTHON: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\bPy<|\bPyErr\b|\bPyAny\b|\bPyObject\b").expect("valid"));

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
    let table: Table = repo.table(TABLE)?;
    let mut rules = Rules::of(&table)?;
    let mut problems = Vec::new();
    for example in &repo.crates {
        let sources = repo.texts(example, &["rs"]).filter(|(file, _)| file.starts_with("src/"));
        let (runtime, product): (Vec<_>, Vec<_>) = sources.partition(|(file, _)| *file == RUNTIME);
        for (file, text) in &product {
            problems.extend(rules.in_file(example, file, text));
        }
        if !runtime.is_empty() && !product.iter().any(|(_, text)| text.contains("runtime::set_up(")) {
            let file = format!("{}/{RUNTIME}", example.dir);
            problems.push(Problem::new(file, "nothing calls its `set_up`"));
        }
    }
    problems.extend(rules.unused());
    Ok(problems)
}

/// The rules of the table, and which of its exceptions were needed.
struct Rules<'a> {
    refused: Vec<(Regex, &'a Refused)>,
    no_traverse: &'a About,
    /// The rule's text, or none for that of `__traverse__`; and the crate.
    used: BTreeSet<(&'a str, String)>,
}

impl<'a> Rules<'a> {
    fn of(table: &'a Table) -> Result<Self> {
        let rule = |refused: &'a Refused| {
            let pattern = Regex::new(&refused.text).with_context(|| format!("{TABLE}: {}", refused.text))?;
            ensure!(pattern.is_match(&refused.example), "{TABLE}: `{}` does not match its example", refused.text);
            Ok((pattern, refused))
        };
        Ok(Self {
            refused: table.refused.iter().map(rule).collect::<Result<_>>()?,
            no_traverse: &table.no_traverse,
            used: BTreeSet::new(),
        })
    }

    fn in_file(&mut self, example: &ExampleCrate, file: &str, text: &str) -> Vec<Problem> {
        let (name, file) = (example.name(), format!("{}/{file}", example.dir));
        let mut problems = Vec::new();
        for (pattern, refused) in &self.refused {
            let Some(found) = pattern.find(text) else {
                continue;
            };
            if refused.about.contains_key(&name) {
                self.used.insert((&refused.text, name.clone()));
                continue;
            }
            let line = line_of(text, found.start());
            let what = format!("`{}`: {}", found.as_str(), refused.why);
            problems.push(Problem::at(&file, line, what));
        }
        for class in without_traverse(text) {
            if self.no_traverse.contains_key(&name) {
                self.used.insert(("", name.clone()));
                continue;
            }
            let what = format!(
                "`{class}` holds Python objects and has no `__traverse__`: a cycle through it is never freed"
            );
            problems.push(Problem::new(&file, what));
        }
        problems
    }

    /// Exceptions for crates that need none.
    fn unused(&self) -> Vec<Problem> {
        let rules = self.refused.iter().map(|(_, refused)| (refused.text.as_str(), &refused.about));
        let exceptions = rules.chain([("", self.no_traverse)]);
        let exceptions = exceptions.flat_map(|(text, about)| about.keys().map(move |name| (text, name)));
        exceptions
            .filter(|(text, name)| !self.used.contains(&(*text, (*name).clone())))
            .map(|(text, name)| {
                let rule = if text.is_empty() { "__traverse__" } else { text };
                Problem::new(TABLE, format!("{name} needs no exception for `{rule}`: delete it"))
            })
            .collect()
    }
}

/// The classes of a file with a field that holds Python objects, if nothing in it is called `__traverse__`.
fn without_traverse(text: &str) -> Vec<String> {
    if text.contains("__traverse__") {
        return Vec::new();
    }
    CLASS.captures_iter(text).filter(|found| PYTHON.is_match(&found[2])).map(|found| found[1].to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    const MANIFEST: &str = "[package]\nname = \"a\"\n";

    #[test]
    fn a_class_that_holds_python_objects_needs_traverse() {
        let class = "#[pyclass(frozen, module = \"feed\")]\n/// A feed.\n#[derive(Debug)]\npub(crate) struct Feed {\n\
             \x20   /// Whom it calls.\n    callbacks: Vec<Py<PyAny>>,\n}\n";
        assert_eq!(without_traverse(class), ["Feed"]);
        assert_eq!(without_traverse(&format!("{class}fn __traverse__() {{}}\n")), [""; 0]);
        let failed = "#[pyclass]\nstruct Failed(Option<PyErr>);\n";
        assert_eq!(without_traverse(failed), ["Failed"]);
    }

    #[test]
    fn other_structs_and_other_fields_need_none() {
        let text = "#[pyclass]\nstruct Count {\n    n: u64,\n}\n\nstruct Held {\n    object: Py<PyAny>,\n}\n\n\
             #[pymethods]\nimpl Count {\n    fn add(&self, other: Py<PyAny>) {}\n}\n";
        assert_eq!(without_traverse(text), [""; 0]);
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
