//! Figures that pages show or claim are those that were measured.

use anyhow::Result;

use crate::repo::{Page, Problem, Repo, page};
use crate::results::bench::{BENCH, NAMES, Results, RowNames};
use crate::results::figures::{DIRECTIVE, Figures};
use crate::results::stress::{STRESS, StressResults};

pub fn problems(repo: &Repo) -> Result<Vec<Problem>> {
    Ok([denied(repo)?, unknown(repo)?, uneven(repo), gone(repo)?].concat())
}

/// Figures that nobody measured.
fn unknown(repo: &Repo) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for language in page::LANGUAGES {
        let figures = Figures::of(repo, language, None)?;
        for page in repo.pages_in(language) {
            let found = figures.replaced(&page.text).err();
            problems.extend(found.map(|error| Problem::new(page.file(), format!("{error:#}"))));
        }
    }
    Ok(problems)
}

/// Editions that show different ones. A sentence may be turned round in the other language.
fn uneven(repo: &Repo) -> Vec<Problem> {
    let shown = |page: &Page| {
        let mut shown: Vec<_> = DIRECTIVE.find_iter(&page.text).map(|found| found.as_str().to_owned()).collect();
        shown.sort();
        shown
    };
    let problem = |page: &Page| {
        let twin = repo.page("zh", &page.name).ok().filter(|twin| shown(twin) != shown(page))?;
        Some(Problem::new(twin.file(), format!("shows other figures of {BENCH} than {}", page.file())))
    };
    repo.pages_in("en").filter_map(problem).collect()
}

/// Rows without a name in a language, and what pages claim and the results deny.
pub fn denied(repo: &Repo) -> Result<Vec<Problem>> {
    let (results, words): (Results, RowNames) = (repo.table(BENCH)?, repo.table(NAMES)?);
    let mut problems = Vec::new();
    for row in &results.row {
        let is_named = |language: &&str| words.name.get(&row.name).is_some_and(|names| names.contains_key(*language));
        if !page::LANGUAGES.iter().all(is_named) {
            problems.push(Problem::new(NAMES, format!("{} has no name in en or in zh", row.name)));
        }
    }
    problems.dedup();
    for claim in &words.claim {
        for pair in claim.order.windows(2) {
            match (results.row(&pair[0]), results.row(&pair[1])) {
                (Ok(slow), Ok(fast)) if slow.ns < fast.ns * claim.factor => {
                    let what = format!(
                        "{} took {} ns and {} {} ns, where {} says at least {} times as long",
                        pair[0], slow.ns, pair[1], fast.ns, claim.page, claim.factor
                    );
                    problems.push(Problem::new(BENCH, what));
                }
                (Ok(_), Ok(_)) => {}
                (Err(error), _) | (_, Err(error)) => problems.push(Problem::new(NAMES, error.to_string())),
            }
        }
    }
    Ok(problems)
}

/// Long tests that passed once and are not there any more.
fn gone(repo: &Repo) -> Result<Vec<Problem>> {
    let results: StressResults = repo.table(STRESS)?;
    let gone = results.run.iter().filter(|run| !repo.has(&format!("examples/{}/{}", run.name, run.test)));
    let what = gone.map(|run| format!("{} has no {}: delete that run", run.name, run.test));
    Ok(what.map(|what| Problem::new(STRESS, what)).collect())
}
