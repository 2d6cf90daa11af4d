//! The rules of the English edition that a program can check: its words and phrases.

use anyhow::Result;

use crate::repo::Repo;
use crate::repo::passages::passages;
use crate::repo::problem::Problem;
use crate::repo::terms::Terms;

/// Words and phrases of English pages that `book/terms.toml` avoids.
pub fn problems(repo: &Repo) -> Result<Vec<Problem>> {
    let terms = Terms::of(repo)?;
    let mut problems = Vec::new();
    for page in repo.pages_in("en") {
        for passage in passages(&page.text) {
            let wrong = terms.wrong_word("en", &passage.without_code());
            problems.extend(wrong.map(|what| page.problem(passage.line, what)));
        }
    }
    Ok(problems)
}
