//! Blocks of the site: what a terminal, a session or a program printed is set apart from what a reader can paste.

use std::path::Path;

use crate::repo::bridge::in_example;
use crate::repo::words::Words;
use crate::site::source::Source;

/// What blocks are labelled with in a language, and where their sources stand.
pub struct Labels {
    repository: String,
    source: Source,
    terminal: String,
    session: String,
    output: String,
}

impl Labels {
    pub fn of(words: &Words, source: Source) -> Self {
        Self {
            repository: words.text("site.repository"),
            source,
            terminal: words.text("site.terminal"),
            session: words.text("site.session"),
            output: words.text("site.output"),
        }
    }
}

/// Names each block, and sets what a terminal, a session or a program printed apart from what a reader can paste.
pub fn mark_blocks(content: &str, page: &Path, labels: &Labels) -> String {
    let several = shows_several_crates(content);
    let mut blocks = content.split("<pre><code class=\"language-");
    let mut html = blocks.next().unwrap_or_default().to_string();
    for block in blocks {
        html.push_str(&mark_block(block, page, labels, several));
    }
    html
}

/// Whether the blocks of a page are of different crates: then each says of which.
fn shows_several_crates(content: &str) -> bool {
    let files = content.split(" file:").skip(1).filter_map(|rest| rest.split(['"', ' ']).next());
    let mut crates = files.filter_map(|file| in_example(file).map(|found| found.name()));
    let first = crates.next();
    crates.any(|name| Some(&name) != first.as_ref())
}

/// `block` starts with the language of the fence and goes on to the next block.
fn mark_block(block: &str, page: &Path, labels: &Labels, several: bool) -> String {
    let language = block.split(['"', ' ']).next().unwrap_or_default();
    let (class, label, mark): (_, _, fn(&str) -> String) = match language {
        "console" => ("console", labels.terminal.as_str(), mark_console),
        "pycon" => ("pycon", labels.session.as_str(), mark_session),
        "text" => ("output", labels.output.as_str(), str::to_string),
        "rust" => ("code", "Rust", str::to_string),
        "python" => ("code", "Python", str::to_string),
        "toml" => ("code", "TOML", str::to_string),
        other => ("code", other, str::to_string),
    };
    let (open, rest) = block.split_once('>').unwrap_or((block, ""));
    let (text, after) = rest.split_once("</code>").unwrap_or((rest, ""));
    let text = mark(text);
    let (open, file) = take_file(open);
    let (output, of_crate) =
        file.and_then(in_example).map_or((None, None), |found| (found.output_id(), Some(found.name())));
    let (label, link) = match (output, file.filter(|_| class == "code")) {
        (Some(id), _) => {
            let of_crate = of_crate.filter(|_| several).map_or(String::new(), |name| format!(" · {name}"));
            let link = format!("<a class=\"file\" data-pagefind-ignore href=\"#{id}\">{label}{of_crate}</a>");
            (format!(" id=\"{id}\""), link)
        }
        (None, Some(file)) => (String::new(), file_links(file, page, labels, several)),
        (None, None) => (format!(" data-label=\"{label}\""), String::new()),
    };
    let open = hide(&open, text.contains("class=\"boring\""));
    let weight = weight(class);
    format!(
        "<pre class=\"{class}\"{label} data-pagefind-weight=\"{weight}\">{link}<code class=\"language-{open}>{text}</code>{after}"
    )
}

/// How much a word in a block says of the page, for the search: prose has 1, headings have more. A message that a
/// program printed is what readers paste; code repeats the same names everywhere.
fn weight(class: &str) -> &'static str {
    if class == "code" { "0.5" } else { "2" }
}

/// The attributes without the class `file:PATH` that the preprocessor put there, and the path.
fn take_file(open: &str) -> (String, Option<&str>) {
    let Some((before, rest)) = open.split_once(" file:") else {
        return (open.to_owned(), None);
    };
    let end = rest.find(['"', ' ']).unwrap_or(rest.len());
    (format!("{before}{}", &rest[end..]), Some(&rest[..end]))
}

/// Hidden lines are hidden without JavaScript too, and on paper; the link leads to the whole file.
fn hide(open: &str, hides: bool) -> String {
    match open.rsplit_once('"') {
        Some((classes, rest)) if hides => format!("{classes} hide-boring\"{rest}"),
        _ => open.to_owned(),
    }
}

/// The name of the shown file, with that of its crate where a page has several: a link to the whole of it, and one to
/// the repository.
fn file_links(file: &str, page: &Path, labels: &Labels, several: bool) -> String {
    let inside = in_example(file).filter(|_| !several).map_or(file, |found| found.inside);
    let up = "../".repeat(page.components().count());
    let own = format!("<a class=\"file\" data-pagefind-ignore href=\"{up}{file}.txt\">{inside}</a>");
    let source = labels.source.file(file).map(|url| {
        format!("<a class=\"source\" data-pagefind-ignore href=\"{url}\" title=\"{0}\">{0}</a>", labels.repository)
    });
    match source {
        Some(source) => format!("<span class=\"files\">{own}{source}</span>"),
        None => own,
    }
}

fn typed(prompt: &str, line: &str) -> String {
    format!("<span class=\"prompt\">{prompt}</span><span class=\"typed\">{line}</span>")
}

fn printed(line: &str) -> String {
    format!("<span class=\"printed\">{line}</span>")
}

/// `$ command` lines are typed, and so is what follows a line that ends with a backslash.
fn mark_console(text: &str) -> String {
    let mut continues = false;
    mark_lines(text, |line| {
        let marked = match line.strip_prefix("$ ") {
            Some(command) => typed("$ ", command),
            None if continues => typed("", line),
            None => return printed(line),
        };
        continues = line.ends_with('\\');
        marked
    })
}

/// `>>> ` lines are typed, and so are the `... ` lines that go on with one.
fn mark_session(text: &str) -> String {
    let mut inside = false;
    mark_lines(text, |line| {
        let input = ["&gt;&gt;&gt;", "..."].into_iter().find_map(|prompt| {
            let input = line.strip_prefix(prompt).filter(|_| inside || prompt != "...")?;
            (input.is_empty() || input.starts_with(' ')).then(|| line.split_at(line.len().min(prompt.len() + 1)))
        });
        inside = input.is_some();
        input.map_or_else(|| printed(line), |(prompt, input)| typed(prompt, input))
    })
}

fn mark_lines(text: &str, mut mark: impl FnMut(&str) -> String) -> String {
    text.split_inclusive('\n')
        .map(|line| match line.strip_suffix('\n') {
            Some(line) => mark(line) + "\n",
            None => mark(line),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    fn marked(content: &str) -> String {
        marked_with(content, "")
    }

    fn marked_with(content: &str, config: &str) -> String {
        let words = "[site]\nterminal = { en = \"Terminal\", zh = \"终端\" }\n\
                     session = { en = \"Session\", zh = \"会话\" }\noutput = { en = \"Output\", zh = \"输出\" }\n\
                     repository = { en = \"Repository\", zh = \"仓库\" }\n";
        let repo = tree(&[("book/words.toml", words), ("book.toml", config)]);
        let words = Words::of(&repo, "zh").expect("words");
        mark_blocks(content, Path::new("start/a.html"), &Labels::of(&words, Source::of(&repo)))
    }

    #[test]
    fn each_kind_of_block_has_its_class_and_its_label() {
        let labelled = |language: &str| {
            let block = marked(&format!("<pre><code class=\"language-{language}\">a</code></pre>"));
            let class = block.strip_prefix("<pre class=\"").and_then(|rest| rest.split_once("\" data-label=\""));
            let (class, rest) = class.expect("a class and a label");
            format!("{class}: {}", rest.split('"').next().unwrap_or_default())
        };
        let languages = ["console", "pycon", "text", "rust", "python", "toml", "diff"];
        assert_eq!(
            languages.map(labelled),
            [
                "console: 终端",
                "pycon: 会话",
                "output: 输出",
                "code: Rust",
                "code: Python",
                "code: TOML",
                "code: diff"
            ]
        );
    }

    #[test]
    fn what_stands_around_blocks_stays() {
        let content = "<h1>T</h1><pre><code class=\"language-toml\">a = 1\n</code></pre><p>b <code>c</code></p>\
                       <pre><code class=\"language-text\">d\n</code></pre><p>e</p>";
        assert_eq!(
            marked(content),
            "<h1>T</h1><pre class=\"code\" data-label=\"TOML\" data-pagefind-weight=\"0.5\"><code class=\"language-toml\">a = 1\n</code></pre>\
             <p>b <code>c</code></p><pre class=\"output\" data-label=\"输出\" data-pagefind-weight=\"2\">\
             <code class=\"language-text\">d\n</code></pre><p>e</p>"
        );
        assert_eq!(marked("<p>no block</p>"), "<p>no block</p>");
    }

    #[test]
    fn the_name_of_a_shown_file_is_a_link_to_the_whole_of_it() {
        let block = "<pre><code class=\"language-rust skt-a file:examples/a/tokio/src/lib.rs hljs\">x</code></pre>";
        assert_eq!(
            marked(block),
            "<pre class=\"code\" data-pagefind-weight=\"0.5\"><a class=\"file\" data-pagefind-ignore \
             href=\"../../examples/a/tokio/src/lib.rs.txt\">src/lib.rs</a>\
             <code class=\"language-rust skt-a hljs\">x</code></pre>"
        );
    }

    #[test]
    fn a_file_is_linked_to_the_repository_whose_address_is_set() {
        let block = "<pre><code class=\"language-rust file:examples/a/tokio/src/lib.rs\">x</code></pre>";
        let html = marked_with(block, "[output.html]\ngit-repository-url = \"https://a.example/b\"\n");
        let link = "<a class=\"source\" data-pagefind-ignore \
                    href=\"https://a.example/b/blob/HEAD/examples/a/tokio/src/lib.rs\" title=\"仓库\">仓库</a></span>";
        assert!(html.contains("<span class=\"files\"><a class=\"file\"") && html.contains(link), "{html}");
        assert!(!marked(block).contains("class=\"source\""));
    }

    #[test]
    fn a_page_of_several_crates_says_of_which_each_block_is() {
        let block =
            |file: &str, kind: &str| format!("<pre><code class=\"language-{kind} file:{file}\">x</code></pre>");
        let one = block("examples/a/tokio/src/lib.rs", "rust");
        let other = block("examples/pyo3-asyncio/a/tokio/b.console", "console");
        assert!(marked(&one.repeat(2)).contains(">src/lib.rs</a>"));
        let html = marked(&(one + &other));
        assert!(
            html.contains(">examples/a/tokio/src/lib.rs</a>") && html.contains(">终端 · pyo3-asyncio/a/tokio</a>"),
            "{html}"
        );
    }

    #[test]
    fn hidden_lines_are_hidden_before_any_script_has_run() {
        let block = marked("<pre><code class=\"language-rust\"><span class=\"boring\">a</span>b</code></pre>");
        assert!(block.contains("<code class=\"language-rust hide-boring\"><span"), "{block}");
        assert!(!marked("<pre><code class=\"language-rust\">b</code></pre>").contains("hide-boring"));
    }

    #[test]
    fn a_file_of_no_crate_is_named_in_whole() {
        let block = marked("<pre><code class=\"language-toml file:book.toml\">x</code></pre>");
        assert!(
            block.contains("href=\"../../book.toml.txt\">book.toml</a><code class=\"language-toml\">"),
            "{block}"
        );
    }

    #[test]
    fn a_transcript_has_an_address_of_its_own() {
        let block =
            marked("<pre><code class=\"language-console file:examples/a/tokio/b.console\">$ c\n</code></pre>");
        assert_eq!(
            block,
            "<pre class=\"console\" id=\"output-a-tokio-b\" data-pagefind-weight=\"2\"><a class=\"file\" data-pagefind-ignore \
             href=\"#output-a-tokio-b\">终端</a><code class=\"language-console\"><span class=\"prompt\">$ </span>\
             <span class=\"typed\">c</span>\n</code></pre>"
        );
    }

    /// Each line with what it is: typed behind a prompt, typed without one, or printed.
    fn lines(html: &str) -> Vec<String> {
        let line = |line: &str| {
            let line = line.replace("<span class=\"prompt\">", "[").replace("<span class=\"typed\">", "<");
            line.replace("<span class=\"printed\">", "{").replacen("</span>", "]", 1).replace("</span>", "")
        };
        html.lines().map(line).collect()
    }

    #[test]
    fn a_command_goes_on_behind_a_backslash() {
        let html = mark_console("$ a \\\n  b \\\n  c\nsaid \\\nmore\n$ d");
        assert_eq!(lines(&html), ["[$ ]<a \\", "[]<  b \\", "[]<  c", "{said \\]", "{more]", "[$ ]<d"]);
        assert!(!html.ends_with('\n'));
    }

    #[test]
    fn dots_are_typed_only_in_an_input_that_goes_on() {
        let text = "... said\n&gt;&gt;&gt; def a():\n...     b\n...\n...c\n... d\n&gt;&gt;&gt;\n1\n";
        assert_eq!(
            lines(&mark_session(text)),
            [
                "{... said]",
                "[&gt;&gt;&gt; ]<def a():",
                "[... ]<    b",
                "[...]<",
                "{...c]",
                "{... d]",
                "[&gt;&gt;&gt;]<",
                "{1]"
            ]
        );
    }
}
