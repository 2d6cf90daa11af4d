//! A test that asserts nothing cannot fail: every test of an example must hold an assertion.

use crate::repo::{Pattern, Problem, Repo};

static PYTHON_FUNCTION: Pattern = Pattern::of(r"(?m)^(?:async )?def (?<name>(?<test>test_)?\w+)\(");
static RUST_FUNCTION: Pattern = Pattern::of(concat!(
    r"(?m)(?<test>#\[[\w:]*test\]\s*(?:#\[[^\]]*\]\s*)*)?",
    r"^(?<indent> *)(?:pub )?(?:async )?fn (?<name>\w+)",
));
/// A function of Python ends where the next line begins at the margin.
static PYTHON_END: Pattern = Pattern::of(r"\n[^\s)]");
/// What fails: an assertion, an expected exception or compiler error, or an error that is returned.
static ASSERTS: Pattern = Pattern::of(r"\bassert\w*|compile_fail|pytest\.raises|-> PyResult|-> Result");

pub fn problems(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for example in &repo.crates {
        for (file, text) in repo.texts(example, &["py", "rs"]) {
            if file.starts_with("src/") || file.starts_with("tests/") {
                let problem = |test| Problem::new(example.file(file), format!("{test}: asserts nothing"));
                problems.extend(without_assertion(file, text).into_iter().map(problem));
            }
        }
    }
    problems
}

/// Tests that neither assert themselves nor call a function of the file that does.
fn without_assertion<'a>(file: &str, text: &'a str) -> Vec<&'a str> {
    let is_python = file.ends_with(".py");
    let (mut tests, mut helpers) = (Vec::new(), Vec::new());
    for found in if is_python { &PYTHON_FUNCTION } else { &RUST_FUNCTION }.captures_iter(text) {
        let name = found.name("name").map_or("", |name| name.as_str());
        let rest = &text[found.get_match().end()..];
        let end = match is_python {
            true => PYTHON_END.find(rest).map(|end| end.start()),
            false => rest.find(&format!("\n{}}}", &found["indent"])),
        };
        let body = &rest[..end.unwrap_or(rest.len())];
        match (found.name("test"), ASSERTS.is_match(body)) {
            (Some(_), false) => tests.push((name, body)),
            (None, true) => helpers.push(name),
            _ => {}
        }
    }
    let words = |text: &'a str| text.split(|next: char| !next.is_alphanumeric() && next != '_');
    let calls_helper = |body: &'a str| words(body).any(|word| helpers.contains(&word));
    tests.into_iter().filter(|(_, body)| !calls_helper(body)).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_test_without_an_assertion_is_found() {
        let text = "def test_a():\n    run()\n\n\ndef test_b():\n    assert run()\n";
        assert_eq!(without_assertion("a.py", text), ["test_a"]);
    }

    #[test]
    fn an_assertion_in_a_function_that_the_test_calls_counts() {
        let text = "def check(x):\n    assert x\n\n\ndef test_a():\n    check(1)\n\n\ndef test_b():\n    run(1)\n";
        assert_eq!(without_assertion("a.py", text), ["test_b"]);
    }

    #[test]
    fn a_rust_test_without_an_assertion_is_found() {
        let text = "#[test]\nfn a() {\n    run();\n}\n\n#[test]\nfn b() {\n    assert!(run());\n}\n\n#[test]\nfn c() -> PyResult<()> {\n    run()\n}\n";
        assert_eq!(without_assertion("a.rs", text), ["a"]);
    }
}
