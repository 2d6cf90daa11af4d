//! Tables that a page writes out and a script prints: each cell says what the captured output says.
//!
//! `book/answers.toml` names the page, and for each captured answer the words that stand for it in each language.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use pulldown_cmark::{Event, Tag, TagEnd};
use serde::Deserialize;

use crate::repo::Repo;
use crate::repo::page::{self, Page, line_of};
use crate::repo::problem::Problem;

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

/// A row, with the line that it stands in.
type Row = (usize, Vec<String>);

/// A table of the page: its header, then its rows.
struct Table(Vec<Row>);

/// A table of the output: for each row its answers by column.
type Captured = Vec<BTreeMap<String, String>>;

/// Cells that say something else than the output, tables without an output, and outputs without a table.
pub fn problems(repo: &Repo) -> Result<Vec<Problem>> {
    if !repo.has(FILE) {
        return Ok(Vec::new());
    }
    let answers: Answers = repo.table(FILE)?;
    let pages = repo.pages.iter().filter(|page| page.name == format!("{}.md", answers.page));
    let mut problems = Vec::new();
    for page in pages {
        for (line, console, tables) in captures(page) {
            let captured = answers.captured(repo.must(&console)?).context(console)?;
            if captured.len() != tables.len() {
                let what = format!("the output has {} tables, and the page {}", captured.len(), tables.len());
                problems.push(page.problem(line, what));
            }
            for (table, captured) in tables.iter().zip(&captured) {
                problems.extend(answers.compare(page, table, captured));
            }
        }
    }
    Ok(problems)
}

/// The transcripts of a page, each with its line and the tables of its section above it.
fn captures(page: &Page) -> Vec<(usize, String, Vec<Table>)> {
    let (mut found, mut tables) = (Vec::new(), Vec::new());
    let mut fences = page.fences.iter();
    for (event, range) in page::parse(&page.text) {
        let line = line_of(&page.text, range.start);
        match event {
            Event::Start(Tag::Heading { .. }) => tables.clear(),
            Event::Start(Tag::Table(_)) => tables.push(table(&page.text[range], line)),
            Event::Start(Tag::CodeBlock(_)) => {
                let file = fences.next().and_then(|fence| fence.include.as_ref()).map(|include| &include.file);
                if let Some(file) = file.filter(|file| file.ends_with(".console")) {
                    found.push((line, file.clone(), std::mem::take(&mut tables)));
                }
            }
            _ => {}
        }
    }
    found
}

/// The cells of a table that begins in a line, code between backticks.
fn table(text: &str, first: usize) -> Table {
    let mut rows: Vec<Row> = Vec::new();
    for (event, range) in page::parse(text) {
        match event {
            Event::Start(Tag::TableHead | Tag::TableRow) => {
                rows.push((first + line_of(text, range.start) - 1, Vec::new()));
            }
            Event::Start(Tag::TableCell) => rows.last_mut().expect("a row").1.push(String::new()),
            Event::Text(part) => push(&mut rows, &part),
            Event::Code(part) => push(&mut rows, &format!("`{part}`")),
            Event::End(TagEnd::Table) => break,
            _ => {}
        }
    }
    Table(rows)
}

fn push(rows: &mut [Row], text: &str) {
    if let Some(cell) = rows.last_mut().and_then(|(_, cells)| cells.last_mut()) {
        cell.push_str(text);
    }
}

impl Answers {
    /// The tables of an output: a line with the names of the columns, and rows below it up to an empty line.
    fn captured(&self, output: &str) -> Result<Vec<Captured>> {
        let mut tables = Vec::new();
        for part in output.split("\n\n") {
            let mut lines = part.lines().skip_while(|line| line.starts_with('$'));
            let header = lines.next().context("an empty table")?;
            let columns: Vec<&String> = self.column.keys().chain(self.same.keys()).collect();
            let mut starts = Vec::new();
            for column in columns {
                let at = header.find(column.as_str()).with_context(|| format!("no column {column}"))?;
                starts.push((at, column.clone()));
            }
            starts.sort();
            tables.push(lines.map(|line| row(line, &starts)).collect());
        }
        Ok(tables)
    }

    fn compare(&self, page: &Page, table: &Table, captured: &Captured) -> Vec<Problem> {
        let Some(((line, header), rows)) = table.0.split_first() else { return Vec::new() };
        if rows.len() != captured.len() {
            let what = format!("{} rows, where the output has {}", rows.len(), captured.len());
            return vec![page.problem(*line, what)];
        }
        let compared = rows.iter().zip(captured);
        compared.flat_map(|((line, cells), captured)| self.wrong(page, *line, header, cells, captured)).collect()
    }

    /// The answers of an output that the row of the page does not give.
    fn wrong(
        &self,
        page: &Page,
        line: usize,
        header: &[String],
        cells: &[String],
        captured: &BTreeMap<String, String>,
    ) -> Vec<Problem> {
        let left_out = self.same.iter().filter(|(column, other)| captured[*column] != captured[*other]);
        let differ = left_out.map(|(column, other)| format!("{column} is not {other} in the output"));
        let given = self.column.iter().filter_map(|(column, word)| {
            let allowed = self.words(&captured[column], &page.language);
            let at = header.iter().position(|cell| cell.contains(word.as_str()));
            let said = match at {
                Some(at) => &cells[at..=at],
                // A table with one column for all of them.
                None => &cells[1..],
            };
            let is_said = said.iter().any(|cell| allowed.contains(cell));
            let answer = || {
                format!(
                    "{column}: the output says “{}”, the page none of “{}” ({FILE})",
                    captured[column],
                    allowed.join("”, “")
                )
            };
            (!is_said).then(answer)
        });
        differ.chain(given).map(|what| page.problem(line, what)).collect()
    }

    fn words(&self, captured: &str, language: &str) -> &[String] {
        let answer = self.answer.iter().find(|answer| answer.captured == captured);
        answer.map_or(&[], |answer| if language == "zh" { &answer.zh } else { &answer.en })
    }
}

/// The answers in a line of output, whose columns begin at these places.
fn row(line: &str, starts: &[(usize, String)]) -> BTreeMap<String, String> {
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([line.len()]);
    let cells = starts.iter().zip(ends).map(|((start, column), end)| {
        let cell = line.get(*start..end.min(line.len())).unwrap_or_default();
        (column.clone(), cell.trim().to_owned())
    });
    cells.collect()
}
