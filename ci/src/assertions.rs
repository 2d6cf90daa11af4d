//! A test that asserts nothing cannot fail: every test of an example must hold an assertion.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;
use walkdir::WalkDir;

use crate::project::{self, ExampleCrate};

static PYTHON_TEST: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^(?:async )?def (test_\w+)\(").expect("valid"));
static PYTHON_NEXT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\n\S").expect("valid"));
static RUST_TEST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^ *#\[(?:[\w:]*test)\](?:\n *#\[.*\])*\n *(?:async )?fn (\w+)").expect("valid")
});
/// What fails: an assertion, an expected exception, or an error that is returned.
static ASSERTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\bassert\w*|pytest\.raises|-> PyResult|-> Result").expect("valid")
});

/// Tests without an assertion, a line each.
pub fn problems(root: &Path, crates: &[ExampleCrate]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for example in crates {
        for folder in ["src", "tests"] {
            for entry in WalkDir::new(example.folder.join(folder)).sort_by_file_name() {
                // A crate without this folder has no test in it.
                let Ok(entry) = entry else { continue };
                let path = entry.path();
                let name = project::slashed(path.strip_prefix(root)?);
                let empty = match path.extension().and_then(|extension| extension.to_str()) {
                    Some("py") => in_python(&project::read(path)?),
                    Some("rs") => in_rust(&project::read(path)?),
                    _ => continue,
                };
                problems.extend(
                    empty
                        .into_iter()
                        .map(|test| format!("{name}: {test}: asserts nothing")),
                );
            }
        }
    }
    Ok(problems)
}

fn in_python(text: &str) -> Vec<String> {
    PYTHON_TEST
        .captures_iter(text)
        .filter_map(|found| {
            let rest = &text[found.get(0)?.end()..];
            let end = PYTHON_NEXT
                .find(rest)
                .map_or(rest.len(), |next| next.start());
            (!ASSERTS.is_match(&rest[..end])).then(|| found[1].to_owned())
        })
        .collect()
}

fn in_rust(text: &str) -> Vec<String> {
    RUST_TEST
        .captures_iter(text)
        .filter_map(|found| {
            let rest = &text[found.get(0)?.end()..];
            let end = rest
                .find("\n}\n")
                .or_else(|| rest.find("\n    }\n"))
                .unwrap_or(rest.len());
            (!ASSERTS.is_match(&rest[..end])).then(|| found[1].to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_test_without_an_assertion_is_found() {
        let text = "def test_a():\n    run()\n\n\ndef test_b():\n    assert run()\n";
        assert_eq!(in_python(text), ["test_a"]);
    }

    #[test]
    fn a_rust_test_without_an_assertion_is_found() {
        let text = "#[test]\nfn a() {\n    run();\n}\n\n#[test]\nfn b() {\n    assert!(run());\n}\n\n#[test]\nfn c() -> PyResult<()> {\n    run()\n}\n";
        assert_eq!(in_rust(text), ["a"]);
    }
}
