//! `ci/whole_runs.toml`: when each check that has its turn by shares last passed as a whole.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::repo::{Share, files, today, words::Words};
use crate::results;

pub const WHOLE_RUNS: &str = "ci/whole_runs.toml";

#[derive(Serialize, Deserialize)]
pub struct WholeRuns {
    run: Vec<WholeRun>,
}

#[derive(Serialize, Deserialize)]
struct WholeRun {
    recipe: String,
    /// None before the first.
    passed: Option<Pass>,
}

#[derive(Serialize, Deserialize)]
struct Pass {
    /// Of crates, faults or pages.
    steps: usize,
    python: String,
    date: String,
}

impl WholeRuns {
    /// Puts a run that passed today in the place of the last one of this recipe, if it was whole.
    pub fn record(root: &Path, recipe: &str, share: Share, steps: usize, python: &str) -> Result<()> {
        if !share.is_all() {
            return Ok(());
        }
        let old: Self = toml::from_str(&files::read(&root.join(WHOLE_RUNS))?).context(WHOLE_RUNS)?;
        let passed = Some(Pass { steps, python: python.to_owned(), date: today::date() });
        let new = [(recipe.to_owned(), Some(WholeRun { recipe: recipe.to_owned(), passed }))];
        let run = results::replaced(old.run, |run| Ok(run.recipe.clone()), new)?;
        let comment = "When each check last passed as a whole. The recipe writes it, without `--share`.";
        results::write(root, WHOLE_RUNS, comment, &Self { run })
    }

    /// A row for each recipe, with dashes where it has not passed as a whole yet.
    pub fn table(&self, words: &Words) -> String {
        let head = ["recipe", "steps", "python", "day"].map(|column| words.text(&format!("whole_runs.{column}")));
        let rows = self.run.iter().map(|run| {
            let cells = |pass: &Pass| [pass.steps.to_string(), pass.python.clone(), pass.date.clone()];
            let passed = run.passed.as_ref().map_or(["–"; 3].map(String::from), cells);
            [vec![format!("`ci/just {}`", run.recipe)], passed.into()].concat()
        });
        results::table(&head, "---", rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_run_of_a_recipe_takes_the_place_of_the_one_before() {
        let root = tempfile::tempdir().expect("a folder");
        files::write_if_changed(&root.path().join(WHOLE_RUNS), b"[[run]]\nrecipe = \"test-site\"").expect("written");
        let record =
            |recipe, share, steps| WholeRuns::record(root.path(), recipe, share, steps, "3.13.0").expect("written");
        record("test-uvloop", Share::ALL, 1);
        record("prove", Share::ALL, 2);
        record("test-uvloop", Share::ALL, 3);
        record("prove", Share::of_today("2").expect("two days"), 4);
        let text = files::read(&root.path().join(WHOLE_RUNS)).expect("there");
        let runs: WholeRuns = toml::from_str(&text).expect("what was written");
        let today = today::date();
        let table = runs.table(&Words::default());
        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                format!("| `ci/just prove` | 2 | 3.13.0 | {today} |"),
                "| `ci/just test-site` | – | – | – |".to_owned(),
                format!("| `ci/just test-uvloop` | 3 | 3.13.0 | {today} |")
            ]
        );
    }
}
