//! The comments in an example that say which lines a page shows.

use crate::repo::pattern::Pattern;

static ANCHOR: Pattern = Pattern::of(r"^\s*(?://|#) ANCHOR(?:_END)?: \S+\s*$");

/// Whether the line is a comment that says which lines a page shows.
pub fn is_anchor(line: &str) -> bool {
    ANCHOR.is_match(line)
}

/// The lines of `text` between `ANCHOR: name` and `ANCHOR_END: name`, without anchor lines.
pub fn anchored(text: &str, anchor: &str) -> Result<String, String> {
    let lines: Vec<&str> = text.lines().collect();
    let place = |mark: &str| {
        let found = lines.iter().position(|line| name_after(line, mark) == Some(anchor));
        found.ok_or_else(|| format!("there is no `{mark} {anchor}`"))
    };
    let (start, end) = (place("ANCHOR:")?, place("ANCHOR_END:")?);
    let inside = lines.get(start + 1..end).ok_or_else(|| format!("`ANCHOR_END: {anchor}` comes before its start"))?;
    Ok(inside.iter().filter(|line| anchor_named(line).is_none()).map(|line| format!("{line}\n")).collect())
}

pub fn anchor_named(line: &str) -> Option<&str> {
    name_after(line, "ANCHOR:").or_else(|| name_after(line, "ANCHOR_END:"))
}

fn name_after<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    line.split_once(mark)?.1.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\n// ANCHOR: one\nb\n// ANCHOR: two\nc\n// ANCHOR_END: two\n// ANCHOR_END: one\n";

    #[test]
    fn an_anchor_gives_its_lines_without_other_anchors() {
        assert_eq!(anchored(TEXT, "one").unwrap(), "b\nc\n");
        assert_eq!(anchored(TEXT, "two").unwrap(), "c\n");
    }

    #[test]
    fn a_missing_start_or_end_is_an_error() {
        assert!(anchored(TEXT, "three").unwrap_err().contains("no `ANCHOR: three`"));
        assert!(anchored("// ANCHOR: a\nx\n", "a").unwrap_err().contains("no `ANCHOR_END: a`"));
    }

    #[test]
    fn an_anchor_whose_name_begins_like_another_is_another() {
        assert!(anchored("// ANCHOR: ab\nx\n// ANCHOR_END: ab\n", "a").is_err());
    }
}
