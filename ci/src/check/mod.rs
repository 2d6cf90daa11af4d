//! Checks of the tree: each is a function of `Repo` that starts no process.

pub mod addresses;
pub mod answers;
pub mod assertions;
pub mod compile_fail;
pub mod copies;
pub mod diffs;
pub mod figures;
pub mod idioms;
pub mod includes;
pub mod messages;
pub mod parity;
pub mod prose;
pub mod rename_table;
pub mod sentences;
pub mod sizes;
pub mod stamps;
pub mod tested_by;

use anyhow::Result;

use crate::repo::{Problem, Repo, problem};
use crate::run::queue;

/// A check: what it says when all is well, and what it finds.
pub type Check = (&'static str, fn(&Repo) -> Result<Vec<Problem>>);

/// All of them. A table that cannot be read is an error.
pub const CHECKS: [Check; 17] = [
    ("every block shows a part of an example", includes::problems),
    ("both editions have one structure", |repo| Ok(parity::problems(repo))),
    ("Chinese sections are up to date", |repo| Ok(stamps::problems(repo))),
    ("English text keeps the words of the field", prose::english),
    ("Chinese text keeps the rules", prose::chinese),
    ("renames are those of the crates", |repo| Ok(rename_table::problems(repo))),
    ("every column of a table has a name", |repo| Ok(parity::unnamed_columns(repo))),
    ("every address that was published is there", addresses::problems),
    ("tests named on the pages exist", |repo| Ok(tested_by::problems(repo))),
    ("every test asserts something", |repo| Ok(assertions::problems(repo))),
    ("diffs are those of the crates", |repo| Ok(diffs::problems(repo))),
    ("programs that must not compile are shown with their message", |repo| Ok(compile_fail::problems(repo))),
    ("tables that scripts print say what they print", answers::problems),
    ("measured figures are those that pages claim", figures::problems),
    ("every error message has its cause and its fix", messages::problems),
    ("copies are those of their originals", |repo| Ok(copies::Copies::of(repo)?.problems(repo))),
    ("examples are product code", |repo| Ok([sizes::problems(repo)?, idioms::problems(repo)?].concat())),
];

/// What each of them finds, with its name. They run at the same time.
pub fn found(repo: &Repo) -> Result<Vec<(&'static str, Vec<Problem>)>> {
    std::thread::scope(|scope| {
        let started = CHECKS.map(|(name, find)| (name, scope.spawn(move || find(repo))));
        started.into_iter().map(|(name, thread)| Ok((name, queue::joined(thread)?))).collect()
    })
}

pub fn check(repo: &Repo) -> Result<()> {
    let found = found(repo)?;
    problem::none(&found.into_iter().flat_map(|(_, problems)| problems).collect::<Vec<_>>())?;
    println!("{} pages: includes, editions, stamps and Chinese text are in order", repo.pages.len());
    Ok(())
}
