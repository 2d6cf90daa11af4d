//! The rendered site: mdBook once a language, then what mdBook cannot do, then the search index.
//!
//! Everything is made in `target/site.new`; only a finished site takes the place of `target/site`.

use crate::record::Record;
use crate::track::in_example;
use crate::{csp, downloads, for_programs, project};
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// One language of the guide: a folder of `book/`, and the same folder of the site.
struct Edition {
    folder: &'static str,
    /// What differs from `book.toml`, as mdBook's environment variables.
    settings: &'static [(&'static str, &'static str)],
    /// The theme's list of mdBook's own words and their translations.
    words: Option<&'static str>,
    /// mdBook's titles of alerts and what the reader sees instead.
    alerts: &'static [(&'static str, &'static str)],
    terminal: &'static str,
    session: &'static str,
    output: &'static str,
    /// What the link to the PDF says.
    pdf: &'static str,
}

const EDITIONS: [Edition; 2] = [
    Edition {
        folder: "en",
        settings: &[],
        words: None,
        alerts: &[],
        terminal: "Terminal",
        session: "Python session",
        output: "Output",
        pdf: "The whole guide as a PDF",
    },
    Edition {
        folder: "zh",
        settings: &[
            ("MDBOOK_BOOK__SRC", "book/zh"),
            ("MDBOOK_BOOK__LANGUAGE", "zh-Hans"),
            ("MDBOOK_BOOK__TITLE", "异步 Rust 与 Python asyncio"),
            (
                "MDBOOK_BOOK__DESCRIPTION",
                "异步 Rust 与 Python asyncio 如何在同一个进程里协作",
            ),
        ],
        words: Some("chrome.zh.txt"),
        alerts: &[
            ("Note", "说明"),
            ("Tip", "提示"),
            ("Important", "重要"),
            ("Warning", "警告"),
            ("Caution", "注意"),
        ],
        terminal: "终端",
        session: "Python 会话",
        output: "输出",
        pdf: "整本指南的 PDF",
    },
];

const THEME: &str = "book/theme";

/// Builds both languages into `target/site`, with the landing page and, where Pagefind can be had, the index;
/// with `pdf` also one PDF of each language, which needs Chromium, and a link to it in the menu bar.
///
/// With `GUIDE_RECORDED` set, a site without a record of these very sources is an error: what is
/// published must say what was verified.
pub fn build(root: &Path, pdf: bool) -> Result<()> {
    let recorded = Record::of_these_sources(root)?.is_some();
    ensure!(
        recorded || env::var_os("GUIDE_RECORDED").is_none(),
        "these sources have not been verified as a whole: run `ci/just test-examples` first"
    );
    let fresh = root.join("target/site.new");
    remove(&fresh)?;
    for edition in &EDITIONS {
        render(root, edition, &fresh.join(edition.folder))?;
    }
    downloads::write(&project::crates(root)?, &fresh)?;
    let pages = common_pages(&fresh)?;
    for edition in &EDITIONS {
        finish(root, edition, &fresh.join(edition.folder), &pages, pdf)?;
    }
    add_plain_pages(root, &fresh)?;
    for_programs::write(root, &fresh, &site_url())?;
    csp::add(&fresh)?;
    index(root, &fresh)?;
    if pdf {
        print_pdfs(root, &fresh)?;
    }
    swap(&fresh, &root.join("target/site"))
}

/// Where the site will stand on its host, as a path: `/` unless `GUIDE_SITE_URL` says otherwise.
fn site_url() -> String {
    let url = env::var("GUIDE_SITE_URL").unwrap_or_default();
    format!("{}/", url.trim_end_matches('/'))
}

fn render(root: &Path, edition: &Edition, target: &Path) -> Result<()> {
    let output = crate::project::mdbook(root)?
        .arg("build")
        .arg("--dest-dir")
        .arg(target)
        .arg(root)
        .envs(edition.settings.iter().copied())
        .env(
            "MDBOOK_OUTPUT__HTML__SITE_URL",
            format!("{}{}/", site_url(), edition.folder),
        )
        .output()
        .context("mdbook could not be started; `ci/just build` installs it and sets PATH")?;
    // mdBook reports an include that is missing, or HTML that does not close, and still exits with 0.
    let log = text_of(&output);
    let complaints = log.contains(" WARN ") || log.contains("ERROR ");
    ensure!(
        output.status.success() && !complaints,
        "mdbook build of book/{}:\n{log}",
        edition.folder
    );
    Ok(())
}

fn text_of(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes))
        .concat()
}

/// The pages of the site, relative to a language's folder; it is an error if one language lacks one.
fn common_pages(site: &Path) -> Result<BTreeSet<PathBuf>> {
    let [english, chinese] = EDITIONS
        .each_ref()
        .map(|edition| pages(&site.join(edition.folder)));
    let (english, chinese) = (english?, chinese?);
    let lonely: Vec<_> = english.symmetric_difference(&chinese).collect();
    ensure!(lonely.is_empty(), "pages in one language only: {lonely:?}");
    Ok(english)
}

fn pages(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("reading {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "html")
            {
                found.insert(path.strip_prefix(folder)?.to_path_buf());
            }
        }
    }
    Ok(found)
}

fn finish(
    root: &Path,
    edition: &Edition,
    folder: &Path,
    pages: &BTreeSet<PathBuf>,
    pdf: bool,
) -> Result<()> {
    let words = match edition.words {
        Some(name) => read_words(&root.join(THEME).join(name))?,
        None => Vec::new(),
    };
    let mut unused: BTreeSet<&str> = words.iter().map(|(stock, _)| stock.as_str()).collect();
    for page in pages {
        let path = folder.join(page);
        let html = read(&path)?;
        let mut html = finish_page(&html, page, edition, &words, &mut unused)
            .with_context(|| format!("finishing {}/{}", edition.folder, page.display()))?;
        if pdf {
            html = link_pdf(&html, page, edition);
        }
        write(&path, &html)?;
    }
    ensure!(
        unused.is_empty(),
        "mdBook no longer says {unused:?}: mend {THEME}/{}",
        edition.words.unwrap_or_default()
    );
    Ok(())
}

fn read_words(path: &Path) -> Result<Vec<(String, String)>> {
    let text = read(path)?;
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let (stock, ours) = line.split_once(" = ").with_context(|| {
                format!("{}: not `stock = translation`: {line}", path.display())
            })?;
            Ok((stock.to_string(), ours.to_string()))
        })
        .collect()
}

fn finish_page<'a>(
    html: &str,
    page: &Path,
    edition: &Edition,
    words: &'a [(String, String)],
    unused: &mut BTreeSet<&'a str>,
) -> Result<String> {
    let html = link_pages(html)?;
    // The list of contents for readers without JavaScript, and redirects, are not made from the page template.
    let Some((chrome, content, tail)) = split_main(&html) else {
        return Ok(html);
    };
    let chrome = translate(&finish_chrome(chrome, page)?, words, unused);
    let tail = translate(tail, words, unused);
    let content = mark_blocks(&translate_alerts(content, edition), page, edition);
    // The print page repeats every chapter: it would be the first result of every search.
    let indexed = page != Path::new("print.html");
    let (attribute, content) = if indexed {
        (" data-pagefind-body", mark_title(&content)?)
    } else {
        ("", content)
    };
    Ok(format!(
        "{chrome}<main id=\"content\" tabindex=\"-1\"{attribute}>{content}</main>{tail}"
    ))
}

/// The theme's templates know a chapter by its source, `…/topic.md`; its page is `…/topic.html`.
fn link_pages(html: &str) -> Result<String> {
    let html = html.replace(".md\" data-chapter>", ".html\" data-chapter>");
    let html = html.replace(".html\" data-chapter>", ".html\">");
    ensure!(
        !html.contains("data-chapter"),
        "data-chapter must be the last attribute, just behind href"
    );
    Ok(html)
}

fn split_main(html: &str) -> Option<(&str, &str, &str)> {
    let (chrome, rest) = html.split_once("<main>")?;
    let (content, tail) = rest.rsplit_once("</main>")?;
    Some((chrome, content, tail))
}

/// Text of mdBook's page template that browsers and screen readers need otherwise, and what it becomes.
const REPAIRS: [(&str, &str); 5] = [
    (
        "<div id=\"mdbook-menu-bar\"",
        "<div role=\"banner\" id=\"mdbook-menu-bar\"",
    ),
    (
        "<div id=\"mdbook-search-wrapper\"",
        "<div role=\"search\" id=\"mdbook-search-wrapper\"",
    ),
    (
        "<div id=\"mdbook-searchresults-header\"",
        "<div role=\"status\" id=\"mdbook-searchresults-header\"",
    ),
    // An id that no element has.
    (" aria-describedby=\"searchresults-header\"", ""),
    (
        "placeholder=\"Search this book ...\"",
        "placeholder=\"Search this book ...\" aria-label=\"Search this book ...\"",
    ),
];

fn finish_chrome(chrome: &str, page: &Path) -> Result<String> {
    let mut html = chrome.to_string();
    for (stock, ours) in REPAIRS {
        html = replace_once(&html, stock, ours)?;
    }
    let html = add_sidebar_button(&html)?;
    let html = link_menu_title(&html, page)?;
    let html = relocate(&html, "<a id=\"skip-link\"", "<body>")?;
    relocate(
        &html,
        "<a id=\"language-link\"",
        "<div class=\"right-buttons\">",
    )
}

/// mdBook's sidebar toggle is a `label`, which no keyboard reaches. It stays for readers without JavaScript;
/// its id, through which mdBook's script keeps `aria-expanded` right, goes to a button beside it.
fn add_sidebar_button(html: &str) -> Result<String> {
    let label = "<label id=\"mdbook-sidebar-toggle\" class=\"icon-button\" for=\"mdbook-sidebar-toggle-anchor\" \
                 title=\"Toggle Table of Contents\" aria-label=\"Toggle Table of Contents\" \
                 aria-controls=\"mdbook-sidebar\">";
    let (before, rest) = html.split_once(label).with_context(|| changed(label))?;
    let (icon, after) = rest
        .split_once("</label>")
        .with_context(|| changed("</label>"))?;
    let plain = "<label class=\"icon-button\" for=\"mdbook-sidebar-toggle-anchor\" title=\"Toggle Table of Contents\">";
    let button = label
        .replace("<label", "<button type=\"button\"")
        .replace(" for=\"mdbook-sidebar-toggle-anchor\"", "");
    Ok(format!(
        "{before}{plain}{icon}</label>{button}{icon}</button>{after}"
    ))
}

/// The book's title is an `h1` in mdBook's menu, above the chapter's own; here it is the link home.
fn link_menu_title(html: &str, page: &Path) -> Result<String> {
    let up = "../".repeat(page.components().count() - 1);
    let html = replace_once(
        html,
        "<h1 class=\"menu-title\">",
        &format!("<a class=\"menu-title\" href=\"{up}index.html\">"),
    )?;
    replace_once(&html, "</h1>", "</a>")
}

/// Puts a link to the PDF before that to the page for printing.
fn link_pdf(html: &str, page: &Path, edition: &Edition) -> String {
    let (up, words) = ("../".repeat(page.components().count()), edition.pdf);
    let (start, name) = ("<a href=\"", "print.html\"");
    let print = format!("{start}{}{name}", &up[3..]);
    let link = format!(
        "<a class=\"pdf-link\" href=\"{up}{}\" title=\"{words}\" aria-label=\"{words}\">PDF</a>\n{print}",
        pdf_name(edition.folder)
    );
    html.replacen(&print, &link, 1)
}

fn pdf_name(language: &str) -> String {
    format!("async-rust-and-python.{language}.pdf")
}

/// Prints each language in Chromium, through ci/site/pdf.mjs.
fn print_pdfs(root: &Path, site: &Path) -> Result<()> {
    println!("printing the PDF of each language");
    let files = EDITIONS
        .each_ref()
        .map(|edition| format!("{}={}", edition.folder, pdf_name(edition.folder)));
    let output = Command::new("node")
        .arg(root.join("ci/site/pdf.mjs"))
        .arg(site)
        .args(files)
        .output()
        .context("node was not found; install Node.js 20 or newer (https://nodejs.org)")?;
    ensure!(
        output.status.success(),
        "the PDFs could not be printed:\n{}",
        text_of(&output).trim_end()
    );
    Ok(())
}

/// Moves the link that starts with `start` to just behind `anchor`.
fn relocate(html: &str, start: &str, anchor: &str) -> Result<String> {
    let (before, rest) = html
        .split_once(start)
        .with_context(|| format!("{THEME}/header.hbs lacks {start}"))?;
    let (link, after) = rest
        .split_once("</a>")
        .with_context(|| format!("{THEME}/header.hbs: {start} has no end"))?;
    replace_once(
        &format!("{before}{after}"),
        anchor,
        &format!("{anchor}\n{start}{link}</a>"),
    )
}

fn replace_once(html: &str, stock: &str, ours: &str) -> Result<String> {
    ensure!(html.matches(stock).count() == 1, changed(stock));
    Ok(html.replacen(stock, ours, 1))
}

fn changed(stock: &str) -> String {
    format!(
        "mdBook's page template has changed: expected exactly one {stock:?}; mend ci/src/site.rs"
    )
}

/// Replaces whole attribute values and whole texts, never a part of one.
fn translate<'a>(
    html: &str,
    words: &'a [(String, String)],
    unused: &mut BTreeSet<&'a str>,
) -> String {
    let mut html = html.to_string();
    for (stock, ours) in words {
        for (open, close) in [('"', '"'), ('>', '<')] {
            let whole = format!("{open}{stock}{close}");
            if html.contains(&whole) {
                html = html.replace(&whole, &format!("{open}{ours}{close}"));
                unused.remove(stock.as_str());
            }
        }
    }
    html
}

fn translate_alerts(content: &str, edition: &Edition) -> String {
    edition
        .alerts
        .iter()
        .fold(content.to_string(), |html, (stock, ours)| {
            html.replace(&format!("</svg>{stock}</p>"), &format!("</svg>{ours}</p>"))
        })
}

/// Without this mark Pagefind would call the page by the first heading it meets in the menu.
fn mark_title(content: &str) -> Result<String> {
    ensure!(
        content.trim_start().starts_with("<h1 "),
        "the page does not start with a heading of level 1"
    );
    Ok(content.replacen("<h1 ", "<h1 data-pagefind-meta=\"title\" ", 1))
}

/// Names each block, and sets what a terminal, a session or a program printed apart from what a reader can paste.
fn mark_blocks(content: &str, page: &Path, edition: &Edition) -> String {
    let mut blocks = content.split("<pre><code class=\"language-");
    let mut html = blocks.next().unwrap_or_default().to_string();
    for block in blocks {
        html.push_str(&mark_block(block, page, edition));
    }
    html
}

/// `block` starts with the language of the fence and goes on to the next block.
fn mark_block(block: &str, page: &Path, edition: &Edition) -> String {
    let language = block.split(['"', ' ']).next().unwrap_or_default();
    let (class, label, mark): (_, _, fn(&str) -> String) = match language {
        "console" => ("console", edition.terminal, mark_console),
        "pycon" => ("pycon", edition.session, mark_session),
        "text" => ("output", edition.output, str::to_string),
        "rust" => ("code", "Rust", str::to_string),
        "python" => ("code", "Python", str::to_string),
        "toml" => ("code", "TOML", str::to_string),
        other => ("code", other, str::to_string),
    };
    let (open, rest) = block.split_once('>').unwrap_or((block, ""));
    let (text, after) = rest.split_once("</code>").unwrap_or((rest, ""));
    let text = mark(text);
    let (open, file) = take_file(open);
    let output = file.and_then(|file| in_example(file)?.output_id());
    let (label, link) = match (output, file.filter(|_| class == "code")) {
        (Some(id), _) => (
            format!(" id=\"{id}\""),
            format!("<a class=\"file\" data-pagefind-ignore href=\"#{id}\">{label}</a>"),
        ),
        (None, Some(file)) => (String::new(), file_link(file, page)),
        (None, None) => (format!(" data-label=\"{label}\""), String::new()),
    };
    format!(
        "<pre class=\"{class}\"{label}>{link}<code class=\"language-{open}>{text}</code>{after}"
    )
}

/// The attributes without the class `file:PATH` that the preprocessor put there, and the path.
fn take_file(open: &str) -> (String, Option<&str>) {
    let Some((before, rest)) = open.split_once(" file:") else {
        return (open.to_owned(), None);
    };
    let end = rest.find(['"', ' ']).unwrap_or(rest.len());
    (format!("{before}{}", &rest[end..]), Some(&rest[..end]))
}

/// The name of the shown file inside its crate: a link to the whole of it.
fn file_link(file: &str, page: &Path) -> String {
    let name = in_example(file).map_or(file, |found| found.inside);
    let up = "../".repeat(page.components().count());
    format!("<a class=\"file\" data-pagefind-ignore href=\"{up}{file}.txt\">{name}</a>")
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
            let input = line
                .strip_prefix(prompt)
                .filter(|_| inside || prompt != "...")?;
            (input.is_empty() || input.starts_with(' '))
                .then(|| line.split_at(line.len().min(prompt.len() + 1)))
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

/// The landing page and the page for unknown addresses stand outside both books.
fn add_plain_pages(root: &Path, site: &Path) -> Result<()> {
    for (source, target) in [
        ("landing.html", "index.html"),
        ("404.html", "404.html"),
        ("plain.css", "plain.css"),
    ] {
        let text = read(&root.join(THEME).join(source))?;
        write(&site.join(target), &text.replace("{{base}}", &site_url()))?;
    }
    // GitHub Pages would otherwise drop files that start with an underscore.
    write(&site.join(".nojekyll"), "")
}

/// Makes the search index. A machine that cannot have Pagefind gets a site that says that search is off.
fn index(root: &Path, site: &Path) -> Result<()> {
    let pagefind = match pagefind(root) {
        Ok(program) => program,
        Err(reason) => {
            println!("search is off: {reason:#}");
            return Ok(());
        }
    };
    let output = Command::new(&pagefind)
        .args(["--quiet", "--exclude-selectors", ".boring", "--site"])
        .arg(site)
        .output()
        .with_context(|| format!("starting {}", pagefind.display()))?;
    ensure!(
        output.status.success(),
        "Pagefind could not index the site:\n{}",
        text_of(&output)
    );
    drop_unused_interface(&site.join("pagefind"))
}

/// Pagefind writes three user interfaces beside the index; search.js is ours.
fn drop_unused_interface(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.contains("-ui.") || name.starts_with("pagefind-highlight") {
            fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    Ok(())
}

/// The program that makes the index, installed if it is not there yet. The error is one line for the reader.
///
/// Not every platform has Pagefind's newest release under the same name, so ci/site/package.json names the
/// package of each platform: npm installs the one that fits.
fn pagefind(root: &Path) -> Result<PathBuf> {
    let folder = root.join("ci/site");
    if !installed(&folder) {
        install(&folder)?;
    }
    let packages = fs::read_dir(folder.join("node_modules/@pagefind"))
        .into_iter()
        .flatten()
        .flatten();
    let program = format!("bin/pagefind_extended{}", env::consts::EXE_SUFFIX);
    packages
        .map(|package| package.path().join(&program))
        .find(|path| path.is_file())
        .with_context(|| {
            format!(
                "Pagefind has no package for {}-{}",
                env::consts::OS,
                env::consts::ARCH
            )
        })
}

/// npm writes the hidden lock file last.
fn installed(folder: &Path) -> bool {
    let changed = |name: &str| {
        folder
            .join(name)
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
    };
    let done = changed("node_modules/.package-lock.json");
    done.is_some() && done >= changed("package-lock.json")
}

fn install(folder: &Path) -> Result<()> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let mut command = Command::new(npm);
    // npm's own patience with a dead network is many minutes; the guide is of use without search.
    command
        .args([
            "ci",
            "--omit=dev",
            "--loglevel=error",
            "--fetch-retries=1",
            "--fetch-timeout=60000",
        ])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let Ok(running) = command.spawn() else {
        bail!(
            "npm was not found; install Node.js 20 or newer (https://nodejs.org), then build again"
        );
    };
    println!("installing Pagefind, which makes the search index");
    let output = running.wait_with_output().context("waiting for npm")?;
    let log = text_of(&output);
    let reason = log
        .lines()
        .map(|line| line.trim_start_matches("npm error").trim())
        .find(|line| !line.is_empty() && !line.starts_with("code "));
    ensure!(
        output.status.success(),
        "`npm ci` in ci/site failed: {}",
        reason.unwrap_or("no message")
    );
    Ok(())
}

/// Puts the finished site in the place of the old one.
fn swap(fresh: &Path, live: &Path) -> Result<()> {
    let old = live.with_extension("old");
    remove(&old)?;
    if live.exists() {
        fs::rename(live, &old).with_context(|| format!("moving {} aside", live.display()))?;
    }
    fs::rename(fresh, live)
        .with_context(|| format!("moving {} to {}", fresh.display(), live.display()))?;
    remove(&old)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
