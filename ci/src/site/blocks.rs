//! Blocks of the site: what a terminal, a session or a program printed is set apart from what a reader can paste.

use std::path::Path;

use regex::Captures;

use crate::repo::{Pattern, bridge::in_example};
use crate::site::edition::Edition;

/// The classes of a block, the first of which is its language, and its text.
static BLOCK: Pattern = Pattern::of(r#"(?s)<pre><code class="language-([^"]*)"([^>]*)>(.*?)</code>"#);

/// A prompt of a session, and what is typed behind it.
static INPUT: Pattern = Pattern::of(r"^((?:&gt;&gt;&gt;|\.\.\.)(?: |$))(.*)$");

/// Names each block, and sets what a terminal, a session or a program printed apart from what a reader can paste.
pub fn mark_blocks(content: &str, page: &Path, edition: &Edition) -> String {
    let several = shows_several_crates(content);
    BLOCK.replace_all(content, |found: &Captures| mark_block(found, page, edition, several)).into_owned()
}

/// Whether the blocks of a page are of different crates: then each says of which.
fn shows_several_crates(content: &str) -> bool {
    let files = content.split(" file:").skip(1).filter_map(|rest| rest.split(['"', ' ']).next());
    let mut crates = files.filter_map(|file| in_example(file).map(|found| found.name()));
    let first = crates.next();
    crates.any(|name| Some(&name) != first.as_ref())
}

fn mark_block(found: &Captures, page: &Path, edition: &Edition, several: bool) -> String {
    let mut classes: Vec<&str> = found[1].split(' ').collect();
    let (class, label, text) = match classes[0] {
        "console" => ("console", edition.words.text("site.terminal"), mark_console(&found[3])),
        "pycon" => ("pycon", edition.words.text("site.session"), mark_session(&found[3])),
        "text" => ("output", edition.words.text("site.output"), found[3].to_owned()),
        "rust" => ("code", "Rust".to_owned(), found[3].to_owned()),
        "python" => ("code", "Python".to_owned(), found[3].to_owned()),
        "toml" => ("code", "TOML".to_owned(), found[3].to_owned()),
        other => ("code", other.to_owned(), found[3].to_owned()),
    };
    // The preprocessor put it there.
    let file = classes.iter().find_map(|class| class.strip_prefix("file:"));
    classes.retain(|class| !class.starts_with("file:"));
    // Hidden lines are hidden without JavaScript too, and on paper; the link leads to the whole file.
    if text.contains("class=\"boring\"") {
        classes.push("hide-boring");
    }
    let example = file.and_then(in_example);
    let output = example.as_ref().and_then(|example| Some((example.output_id()?, example.name())));
    let (attribute, link) = match (output, file.filter(|_| class == "code")) {
        (Some((id, name)), _) => {
            let of_crate = if several { format!(" · {name}") } else { String::new() };
            let link = format!("<a class=\"file\" data-pagefind-ignore href=\"#{id}\">{label}{of_crate}</a>");
            (format!(" id=\"{id}\""), link)
        }
        (None, Some(file)) => (String::new(), file_links(file, page, edition, several)),
        (None, None) => (format!(" data-label=\"{label}\""), String::new()),
    };
    // How much a word says of the page, for the search: prose has 1, headings have more. A message that a program
    // printed is what readers paste; code repeats the same names everywhere.
    let weight = if class == "code" { "0.5" } else { "2" };
    format!(
        "<pre class=\"{class}\"{attribute} data-pagefind-weight=\"{weight}\">{link}\
         <code class=\"language-{}\"{}>{text}</code>",
        classes.join(" "),
        &found[2]
    )
}

/// The name of the shown file, with that of its crate where a page has several: a link to the whole of it, and one to
/// the repository.
fn file_links(file: &str, page: &Path, edition: &Edition, several: bool) -> String {
    let inside = in_example(file).filter(|_| !several).map_or(file, |found| found.inside);
    let up = "../".repeat(page.components().count());
    let own = format!("<a class=\"file\" data-pagefind-ignore href=\"{up}{file}.txt\">{inside}</a>");
    let Some(repository) = &edition.repository else {
        return own;
    };
    let title = edition.words.text("site.repository");
    format!(
        "<span class=\"files\">{own}<a class=\"source\" data-pagefind-ignore href=\"{repository}/blob/HEAD/{file}\" \
         title=\"{title}\">{title}</a></span>"
    )
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
        let input = INPUT.captures(line).filter(|found| inside || !found[1].starts_with("..."));
        inside = input.is_some();
        input.map_or_else(|| printed(line), |found| typed(&found[1], &found[2]))
    })
}

fn mark_lines(text: &str, mark: impl FnMut(&str) -> String) -> String {
    let end = if text.ends_with('\n') { "\n" } else { "" };
    text.lines().map(mark).collect::<Vec<_>>().join("\n") + end
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
        let editions = Edition::all(&repo, "/").expect("words");
        mark_blocks(content, Path::new("start/a.html"), &editions[1])
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
