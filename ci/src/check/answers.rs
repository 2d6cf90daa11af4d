//! Tables that a page writes out and a script prints: each cell says what the captured output says.
//!
//! `book/answers.toml` names the page, and for each captured answer the words that stand for it in each language.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use pulldown_cmark::{Event, Tag};
use serde::Deserialize;

use crate::repo::{Page, Problem, Repo};

const FILE: &str = "book/answers.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    /// Such as `appendix/semantics`.
    page: String,
    /// The captured columns, each with a word of the header that its column has on the page.
    column: BTreeMap<String, String>,
    /// Captured columns that the page leaves out, each with the one that it must be equal to.
    same: BTreeMap<String, String>,
    answer: Vec<Answer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    captured: String,
    en: Vec<String>,
    zh: Vec<String>,
}

/// A table of the output: for each row its answers by column.
type Captured<'a> = Vec<BTreeMap<&'a str, &'a str>>;

/// Cells that say something else than the output, tables without an output, and outputs without a table.
pub fn problems(repo: &Repo) -> Result<Vec<Problem>> {
    if !repo.has(FILE) {
        return Ok(Vec::new());
    }
    let answers: Answers = repo.table(FILE)?;
    let mut problems = Vec::new();
    for page in repo.pages.iter().filter(|page| page.name == format!("{}.md", answers.page)) {
        let mut tables = Vec::new();
        let mut fences = page.fences.iter();
        for (event, line) in page.events() {
            match event {
                Event::Start(Tag::Heading { .. }) => tables.clear(),
                Event::Start(Tag::Table(_)) => tables.push(line),
                Event::Start(Tag::CodeBlock(_)) => {
                    let file = fences.next().and_then(|fence| Some(&fence.include.as_ref()?.file));
                    let Some(file) = file.filter(|file| file.ends_with(".console")) else { continue };
                    let captured = answers.captured(repo.must(file)?).context(file.clone())?;
                    if captured.len() != tables.len() {
                        let what = format!("the output has {} tables, and the page {}", captured.len(), tables.len());
                        problems.push(page.problem(line, what));
                    }
                    let both = tables.drain(..).zip(&captured);
                    problems.extend(both.flat_map(|(table, captured)| answers.compare(page, table, captured)));
                }
                _ => {}
            }
        }
    }
    Ok(problems)
}

impl Answers {
    /// The tables of an output: a line with the names of the columns, and rows below it up to an empty line.
    fn captured<'a>(&'a self, output: &'a str) -> Result<Vec<Captured<'a>>> {
        let mut tables = Vec::new();
        for part in output.split("\n\n") {
            let mut lines = part.lines().skip_while(|line| line.starts_with('$'));
            let header = lines.next().context("an empty table")?;
            let start = |column: &'a String| {
                Ok((header.find(column).with_context(|| format!("no column {column}"))?, column.as_str()))
            };
            let columns = self.column.keys().chain(self.same.keys());
            let starts = columns.map(start).collect::<Result<BTreeMap<_, _>>>()?;
            tables.push(lines.map(|line| row(line, &starts)).collect());
        }
        Ok(tables)
    }

    /// What the table that begins in this line of the page says otherwise.
    fn compare(&self, page: &Page, first: usize, captured: &Captured) -> Vec<Problem> {
        let lines = page.text.lines().skip(first - 1).take_while(|line| line.starts_with('|'));
        let mut rows = lines.map(|line| line.split('|').skip(1).map(str::trim).collect::<Vec<_>>());
        let header = rows.next().unwrap_or_default();
        let rows: Vec<Vec<&str>> = rows.skip(1).collect();
        if rows.len() != captured.len() {
            let what = format!("{} rows, where the output has {}", rows.len(), captured.len());
            return vec![page.problem(first, what)];
        }
        let mut problems = Vec::new();
        for (line, (cells, captured)) in (first + 2..).zip(rows.iter().zip(captured)) {
            let wrong = self.wrong(&page.language, &header, cells, captured).into_iter();
            problems.extend(wrong.map(|what| page.problem(line, what)));
        }
        problems
    }

    /// The answers of an output that the row of the page does not give.
    fn wrong(&self, language: &str, header: &[&str], cells: &[&str], captured: &BTreeMap<&str, &str>) -> Vec<String> {
        let cell = |column: &String| captured.get(column.as_str());
        let unequal = self.same.iter().filter(|(column, other)| cell(column) != cell(other));
        let mut wrong: Vec<_> =
            unequal.map(|(column, other)| format!("{column} is not {other} in the output")).collect();
        for (column, word) in &self.column {
            let said = captured[column.as_str()];
            let answer = self.answer.iter().find(|answer| answer.captured == said);
            let allowed = answer.map_or(&[][..], |answer| if language == "zh" { &answer.zh } else { &answer.en });
            // A table may have one column for all of them.
            let at = header.iter().position(|cell| cell.contains(word.as_str()));
            let cells = at.map_or(cells.get(1..), |at| cells.get(at..=at)).unwrap_or_default();
            if !cells.iter().any(|cell| allowed.iter().any(|words| words == cell)) {
                let allowed = allowed.join("”, “");
                wrong.push(format!("{column}: the output says “{said}”, the page none of “{allowed}” ({FILE})"));
            }
        }
        wrong
    }
}

/// The answers in a line of output, whose columns begin at these places.
fn row<'a>(line: &'a str, starts: &BTreeMap<usize, &'a str>) -> BTreeMap<&'a str, &'a str> {
    let ends = starts.keys().skip(1).chain([&usize::MAX]).map(|end| line.len().min(*end));
    let cells = starts.iter().zip(ends).map(|((start, column), end)| (*column, line.get(*start..end)));
    cells.map(|(column, cell)| (column, cell.unwrap_or_default().trim())).collect()
}
