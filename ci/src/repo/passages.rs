//! The running text of a page, without its code blocks.

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::repo::page::{self, line_of};

/// A paragraph, heading, cell or item, and the line that it begins in. Code in it stands between backticks, without
/// its Chinese.
#[derive(Default)]
pub struct Passage {
    pub line: usize,
    pub text: String,
    pub is_sentences: bool,
}

impl Passage {
    pub fn without_code(&self) -> String {
        self.text.split('`').step_by(2).collect()
    }
}

pub fn passages(text: &str) -> Vec<Passage> {
    let mut found = Vec::new();
    let mut passage = Passage::default();
    let mut is_block = false;
    for (event, range) in page::parse(text) {
        if passage.text.is_empty() {
            passage.line = line_of(text, range.start);
        }
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_block = true,
            Event::End(TagEnd::CodeBlock) => is_block = false,
            Event::Text(_) if is_block => {}
            Event::Text(part) => passage.text.push_str(&part),
            Event::Code(code) => passage.text += &format!("`{}`", code.replace(|c: char| !c.is_ascii(), "")),
            Event::SoftBreak | Event::HardBreak => passage.text.push(' '),
            Event::End(end @ (TagEnd::Paragraph | TagEnd::Item | TagEnd::Heading(_) | TagEnd::TableCell)) => {
                passage.is_sentences = matches!(end, TagEnd::Paragraph | TagEnd::Item);
                found.push(std::mem::take(&mut passage));
            }
            _ => {}
        }
    }
    found.push(passage);
    found.retain(|passage| !passage.text.is_empty());
    found
}
