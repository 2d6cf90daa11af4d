//! What product code does not do: texts that `ci/idioms.toml` refuses, and two rules about whole files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use regex::Regex;
use serde::Deserialize;

use crate::project::{self, ExampleCrate};
use crate::workshop;

const TABLE: &str = "ci/idioms.toml";

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
    why: String,
    #[serde(default)]
    about: About,
}

/// What the Rust of the examples does all the same, a line each, and exceptions that nothing needs.
pub fn problems(root: &Path, crates: &[ExampleCrate]) -> Result<Vec<String>> {
    let table: Table = toml::from_str(&project::read(&root.join(TABLE))?)
        .with_context(|| format!("{TABLE} is malformed"))?;
    let mut rules = Vec::new();
    for refused in &table.refused {
        let pattern =
            Regex::new(&refused.text).with_context(|| format!("{TABLE}: {}", refused.text))?;
        rules.push((pattern, refused));
    }
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    for example in crates {
        let name = example.name();
        let mut starts = false;
        let mut has_runtime = false;
        for file in workshop::sources(&example.folder.join("src"))? {
            let at = format!("examples/{name}/src/{}", project::slashed(&file));
            if file.extension().is_none_or(|end| end != "rs") {
                continue;
            }
            let text = project::read(&example.folder.join("src").join(&file))?;
            starts |= text.contains("runtime::set_up(");
            if file == Path::new("runtime.rs") {
                has_runtime = true;
                continue;
            }
            for (pattern, refused) in &rules {
                let found = pattern.find(&text);
                if found.is_some() && refused.about.contains_key(&name) {
                    used.insert((refused.text.as_str(), name.clone()));
                } else if let Some(found) = found {
                    let line = text[..found.start()].matches('\n').count() + 1;
                    problems.push(format!(
                        "{at}:{line}: `{}`: {}",
                        found.as_str(),
                        refused.why
                    ));
                }
            }
            for class in without_traverse(&text) {
                if table.no_traverse.contains_key(&name) {
                    used.insert(("", name.clone()));
                } else {
                    problems.push(format!(
                        "{at}: `{class}` holds Python objects and has no `__traverse__`: a cycle through it is never freed"
                    ));
                }
            }
        }
        if has_runtime && !starts {
            problems.push(format!(
                "examples/{name}/src/runtime.rs: nothing calls its `set_up`"
            ));
        }
    }
    let rules = table
        .refused
        .iter()
        .map(|refused| (refused.text.as_str(), &refused.about));
    for (text, about) in rules.chain([("", &table.no_traverse)]) {
        for name in about.keys() {
            if !used.contains(&(text, name.clone())) {
                let what = if text.is_empty() {
                    "__traverse__"
                } else {
                    text
                };
                problems.push(format!(
                    "{TABLE}: {name} needs no exception for `{what}`: delete it"
                ));
            }
        }
    }
    Ok(problems)
}

/// The classes of a file with a field that holds Python objects, if nothing in it is called `__traverse__`.
fn without_traverse(text: &str) -> Vec<String> {
    if text.contains("__traverse__") {
        return Vec::new();
    }
    let class = Regex::new(
        r"#\[pyclass[^\]]*\](?:\s|#\[[^\]]*\]|///[^\n]*|//[^\n]*)*(?:pub(?:\([a-z]+\))? )?struct (\w+)(?:<[^>{(]*>)?\s*(\{[^}]*\}|\([^;]*\);)",
    )
    .expect("the pattern is valid");
    let python =
        Regex::new(r"\bPy<|\bPyErr\b|\bPyAny\b|\bPyObject\b").expect("the pattern is valid");
    class
        .captures_iter(text)
        .filter(|found| python.is_match(&found[2]))
        .map(|found| found[1].to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_that_holds_python_objects_needs_traverse() {
        let class = "#[pyclass(frozen, module = \"feed\")]\n/// A feed.\n#[derive(Debug)]\npub(crate) struct Feed {\n\
             \x20   /// Whom it calls.\n    callbacks: Vec<Py<PyAny>>,\n}\n";
        assert_eq!(without_traverse(class), ["Feed"]);
        assert_eq!(
            without_traverse(&format!("{class}fn __traverse__() {{}}\n")),
            [""; 0]
        );
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
        let root = std::env::temp_dir().join(format!("guide-idioms-{}", std::process::id()));
        let table = "[[refused]]\ntext = 'no holder panics'\nwhy = \"one can\"\n\
             about = { \"lab/tokio\" = \"it is the subject\", \"gone/tokio\" = \"it was\" }\n";
        let files = [
            (TABLE, table),
            ("examples/a/tokio/Cargo.toml", ""),
            (
                "examples/a/tokio/src/lib.rs",
                "\nlock().expect(\"no holder panics\")\n",
            ),
            ("examples/a/tokio/src/runtime.rs", "pub fn set_up() {}\n"),
            ("examples/lab/tokio/Cargo.toml", ""),
            (
                "examples/lab/tokio/src/lib.rs",
                "\"no holder panics\"\nruntime::set_up(py)\n",
            ),
            ("examples/lab/tokio/src/runtime.rs", "pub fn set_up() {}\n"),
            ("examples/pyo3-asyncio/c/tokio/Cargo.toml", ""),
        ];
        for (file, text) in files {
            project::write_if_changed(&root.join(file), text.as_bytes()).expect("a file");
        }
        let crates = project::crates(&root).expect("crates");
        assert_eq!(
            problems(&root, &crates).expect("a table"),
            [
                "examples/a/tokio/src/lib.rs:2: `no holder panics`: one can",
                "examples/a/tokio/src/runtime.rs: nothing calls its `set_up`",
                "ci/idioms.toml: gone/tokio needs no exception for `no holder panics`: delete it",
            ]
        );
        std::fs::remove_dir_all(root).expect("its folder");
    }
}
