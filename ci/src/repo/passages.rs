//! The running text of a page, without its code blocks.

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::repo::page::{self, line_of};

/// A paragraph, heading, cell or item, and the line that it begins in. Code in it stands between backticks, without
/// its Chinese.
pub struct Passage {
    pub line: usize,
    pub text: String,
    pub is_sentences: bool,
}

impl Passage {
    /// Without what stands between backticks.
    pub fn without_code(&self) -> String {
        self.text.split('`').step_by(2).collect()
    }
}

/// All passages of a page, in its order.
pub fn passages(text: &str) -> Vec<Passage> {
    let mut found = Vec::new();
    let mut passage = String::new();
    let mut line = 1;
    let mut code = false;
    for (event, range) in page::parse(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(TagEnd::CodeBlock) => code = false,
            Event::Text(_) if code => {}
            Event::Text(part) => {
                if passage.is_empty() {
                    line = line_of(text, range.start);
                }
                passage.push_str(&part);
            }
            Event::Code(inline) => passage.push_str(&format!("`{}`", inline.replace(|c: char| !c.is_ascii(), ""))),
            Event::SoftBreak | Event::HardBreak => passage.push(' '),
            Event::End(end) if ends_a_passage(&end) && !passage.is_empty() => {
                let is_sentences = matches!(end, TagEnd::Paragraph | TagEnd::Item);
                found.push(Passage { line, text: std::mem::take(&mut passage), is_sentences });
            }
            _ => {}
        }
    }
    if !passage.is_empty() {
        found.push(Passage { line, text: passage, is_sentences: false });
    }
    found
}

fn ends_a_passage(end: &TagEnd) -> bool {
    matches!(end, TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell)
}
