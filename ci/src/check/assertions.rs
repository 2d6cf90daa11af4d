//! A test that asserts nothing cannot fail: every test of an example must hold an assertion.

use std::sync::LazyLock;

use regex::Regex;

use crate::repo::Repo;
use crate::repo::problem::Problem;

static PYTHON_FUNCTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^(?:async )?def (\w+)\(").expect("valid"));
static RUST_FUNCTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^ *(?:pub )?(?:async )?fn (\w+)").expect("valid"));
static RUST_TEST: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"#\[(?:[\w:]*test)\]\s*(?:#\[[^\]]*\]\s*)*$").expect("valid"));
/// What fails: an assertion, an expected exception or compiler error, or an error that is returned.
static ASSERTS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\bassert\w*|compile_fail|pytest\.raises|-> PyResult|-> Result").expect("valid"));

/// Tests without an assertion.
pub fn problems(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for example in &repo.crates {
        for (file, text) in repo.texts(example, &["py", "rs"]) {
            if !file.starts_with("src/") && !file.starts_with("tests/") {
                continue;
            }
            let empty = if file.ends_with(".py") { in_python(text) } else { in_rust(text) };
            let file = format!("{}/{file}", example.dir);
            let problem = |test: String| Problem::new(&file, format!("{test}: asserts nothing"));
            problems.extend(empty.into_iter().map(problem));
        }
    }
    problems
}

/// A function of a test file.
struct Function<'a> {
    name: &'a str,
    body: &'a str,
    is_test: bool,
}

fn in_python(text: &str) -> Vec<String> {
    let functions = PYTHON_FUNCTION.captures_iter(text).filter_map(|found| {
        let name = found.get(1)?;
        let rest = &text[name.end()..];
        // The body ends where the next line begins at the margin.
        let end = rest
            .match_indices('\n')
            .find(|(at, _)| rest[at + 1..].starts_with(|next: char| !next.is_whitespace() && next != ')'))
            .map_or(rest.len(), |(at, _)| at);
        let is_test = name.as_str().starts_with("test_");
        Some(Function { name: name.as_str(), body: &rest[..end], is_test })
    });
    without_assertion(&functions.collect::<Vec<_>>())
}

fn in_rust(text: &str) -> Vec<String> {
    let functions = RUST_FUNCTION.captures_iter(text).filter_map(|found| {
        let (all, name) = (found.get(0)?, found.get(1)?);
        let rest = &text[name.end()..];
        let indent = all.as_str().len() - all.as_str().trim_start().len();
        let close = format!("\n{}}}", " ".repeat(indent));
        let end = rest.find(&close).unwrap_or(rest.len());
        let is_test = RUST_TEST.is_match(&text[..all.start()]);
        Some(Function { name: name.as_str(), body: &rest[..end], is_test })
    });
    without_assertion(&functions.collect::<Vec<_>>())
}

/// Tests that neither assert themselves nor call a function of the file that does.
fn without_assertion(functions: &[Function]) -> Vec<String> {
    let helpers: Vec<&str> = functions
        .iter()
        .filter(|function| !function.is_test && ASSERTS.is_match(function.body))
        .map(|function| function.name)
        .collect();
    let calls_helper = |body: &str| helpers.iter().any(|name| has_word(body, name));
    functions
        .iter()
        .filter(|function| function.is_test)
        .filter(|function| !ASSERTS.is_match(function.body) && !calls_helper(function.body))
        .map(|function| function.name.to_owned())
        .collect()
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|next: char| !next.is_alphanumeric() && next != '_').any(|found| found == word)
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
    fn an_assertion_in_a_function_that_the_test_calls_counts() {
        let text = "def check(x):\n    assert x\n\n\ndef test_a():\n    check(1)\n\n\ndef test_b():\n    run(1)\n";
        assert_eq!(in_python(text), ["test_b"]);
    }

    #[test]
    fn a_rust_test_without_an_assertion_is_found() {
        let text = "#[test]\nfn a() {\n    run();\n}\n\n#[test]\nfn b() {\n    assert!(run());\n}\n\n#[test]\nfn c() -> PyResult<()> {\n    run()\n}\n";
        assert_eq!(in_rust(text), ["a"]);
    }
}
