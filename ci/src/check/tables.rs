//! Tables that a screen reader can read out: each column has a name.

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::repo::Repo;
use crate::repo::page::{self, Page, line_of};
use crate::repo::problem::Problem;

/// Columns without a name.
pub fn problems(repo: &Repo) -> Vec<Problem> {
    repo.pages.iter().flat_map(of_page).collect()
}

fn of_page(page: &Page) -> Vec<Problem> {
    let (mut in_head, mut is_empty) = (false, false);
    let mut problems = Vec::new();
    for (event, range) in page::parse(&page.text) {
        match event {
            Event::Start(Tag::TableHead) => in_head = true,
            Event::End(TagEnd::TableHead) => in_head = false,
            Event::Start(Tag::TableCell) => is_empty = true,
            Event::End(TagEnd::TableCell) if in_head && is_empty => {
                let line = line_of(&page.text, range.start);
                problems.push(page.problem(line, "a column of this table has no name"));
            }
            Event::Text(_) | Event::Code(_) => is_empty = false,
            _ => {}
        }
    }
    problems
}
