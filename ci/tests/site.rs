//! The site of the small guide, built with the guide's own theme: mdBook is real, Pagefind is not needed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use guide_ci::repo::{Repo, files};
use guide_ci::results::record::{Record, SOURCES};
use guide_ci::results::verdict::{Kind, Proof, Verdict};

/// A page with every directive that has a table of its own.
const TABLES: &str = "\n\npyo3 {{version:pyo3}}, {{version:versions/0.1/pyo3}} on {{pythons}}: \
    {{builds:versions/0.1/typo}}\n\n{{matrix}}\n\n{{status}}\n\n{{stress}}\n\n{{whole-runs}}\n\n\
    {{error-messages:build}}\n\n{{bench:await}}\n\n{{bench-machine}}\n";

const LOCK: &str = "version = 4\n\n[[package]]\nname = \"pyo3\"\nversion = \"0.30.1\"\n";

const MATRIX: &str = "[[python]]\nversion = \"3.11.7\"\ndate = \"2026-11-29\"\nsources = \"0\"\nsteps = 7\n\
    [python.crates]\nexamples = 5\n";

/// The small guide on the disk, with what a site needs besides: the theme, the words, and versions.
fn small_guide(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if root.exists() {
        std::fs::remove_dir_all(&root).expect("the folder of the last test");
    }
    files::copy(&here.join("tests/fixtures/mini"), &root).expect("the small guide");
    let ours = here.parent().expect("the root");
    files::copy(&ours.join("book/theme"), &root.join("book/theme")).expect("the theme");
    let read = |file: &str| files::read(&ours.join(file)).expect("a file of the guide");
    let add = |file: &str, text: &str| {
        files::write_if_changed(&root.join(file), text.as_bytes()).expect("a file");
    };
    let config = read("book.toml");
    let (config, _) = config.split_once("[output.html.redirect]").expect("redirects");
    add("book.toml", &format!("{config}[output.html.redirect]\n\"/start/old.html\" = \"hello.html\"\n"));
    add("book/words.toml", &read("book/words.toml"));
    add("book/synonyms.toml", &read("book/synonyms.toml"));
    add("ci/matrix.toml", MATRIX);
    add(
        "ci/whole_runs.toml",
        "[[run]]\nrecipe = \"prove\"\npassed.steps = 9\npassed.python = \"3.11.7\"\npassed.date = \"2026-11-28\"\n",
    );
    let locks = files::within(&root).expect("its files");
    for lock in locks.iter().filter(|file| file.ends_with("Cargo.lock")) {
        add(&files::slashed(lock), LOCK);
    }
    for language in ["en", "zh"] {
        let file = format!("book/{language}/appendix/pyo3-asyncio.md");
        let page = files::read(&root.join(&file)).expect("a page");
        add(&file, &(page + TABLES));
    }
    root
}

/// `guide build` where no npm is found: whether it succeeded, and what it said.
fn build(root: &Path, variables: &[(&str, &str)]) -> (bool, String) {
    build_with(root, &[], variables)
}

fn build_with(root: &Path, flags: &[&str], variables: &[(&str, &str)]) -> (bool, String) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let name = format!("mdbook{}", std::env::consts::EXE_SUFFIX);
    let mdbook = std::env::split_paths(&path).find(|folder| folder.join(&name).is_file());
    let output = Command::new(env!("CARGO_BIN_EXE_guide"))
        .arg("build")
        .args(flags)
        .current_dir(root)
        .env("PATH", mdbook.expect("mdbook: start this through `ci/just`"))
        .env_remove("GUIDE_RECORDED")
        .env_remove("GUIDE_SITE_URL")
        .envs(variables.iter().copied())
        .output()
        .expect("the program starts");
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (output.status.success(), said.concat())
}

/// A record of one step that passed on the first page and one that failed on the other.
fn record(repo: &Repo) -> Record {
    let step = |name: &str, passed: bool, kind: Kind, file: &str| Verdict {
        name: name.to_owned(),
        passed,
        kept: false,
        alone: false,
        ran: "2026-11-29".to_owned(),
        seconds: 1.0,
        proves: vec![Proof { kind, language: "en".to_owned(), file: file.to_owned(), line: 10, part: 0 }],
    };
    Record {
        date: "2026-11-29".to_owned(),
        python: "3.11.7".to_owned(),
        rust: "1.95.0".to_owned(),
        system: "linux".to_owned(),
        sources: repo.hash_of(SOURCES),
        steps: vec![
            step("hello by skeptic", true, Kind::RustBlocks, "book/en/start/hello.md"),
            step("typo.stderr", false, Kind::Outputs, "book/en/start/other.md"),
        ],
        tests: BTreeMap::from([("app/tokio".to_owned(), BTreeSet::from(["a_program_says_hello".to_owned()]))]),
    }
}

/// The site, built once for all tests.
static SITE: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = small_guide("site");
    let repo = Repo::load(&root).expect("the small guide");
    assert!(record(&repo).write(&repo).expect("a record"));
    let variables = [("GUIDE_RECORDED", "1"), ("GUIDE_SITE_URL", "/guide/")];
    let (success, said) = build(&root, &variables);
    assert!(success, "{said}");
    assert!(said.starts_with("search is off: npm was not found"), "{said}");
    root.join("target/site")
});

fn read(file: &str) -> String {
    files::read(&SITE.join(file)).expect("a file of the site")
}

/// That the texts stand in a page, in this order.
fn stand_in(page: &str, texts: &[&str]) {
    let html = read(page);
    let mut rest = html.as_str();
    for text in texts {
        let Some((_, after)) = rest.split_once(text) else {
            panic!("{page}: {text} is not there, or not below what was looked for before:\n{html}");
        };
        rest = after;
    }
}

#[test]
fn each_page_leads_to_itself_in_the_other_language() {
    for (page, other, words) in [
        ("en/start/hello.html", "../../zh/start/hello.html", "简体中文"),
        ("zh/start/hello.html", "../../en/start/hello.html", "English"),
    ] {
        let link = format!("href=\"{other}\">{words}</a>");
        stand_in(
            page,
            &["<body>\n<a id=\"skip-link\"", "<div class=\"right-buttons\">\n<a id=\"language-link\"", &link],
        );
    }
    stand_in(
        "en/start/hello.html",
        &[
            "<html lang=\"en\"",
            "<title>Hello - Async Rust and Python asyncio</title>",
            "<meta property=\"og:url\" content=\"/guide/en/start/hello.html\">",
            "<meta property=\"og:image\" content=\"/guide/social.en.png\">",
            "<meta name=\"description\" content=\"A program of the event loop: 3.0 µs. See there.\">",
            "aria-label=\"Page navigation\"",
            "title=\"Next chapter\"",
        ],
    );
    stand_in("zh/start/hello.html", &["<html lang=\"zh-Hans\"", "aria-label=\"翻页\"", "title=\"下一章\""]);
}

#[test]
fn a_page_has_its_tabs_and_names_the_file_above_each_block() {
    stand_in(
        "en/start/hello.html",
        &[
            "<main id=\"content\" tabindex=\"-1\" data-pagefind-body>",
            "<h1 data-pagefind-meta=\"title\" id=\"hello\">",
            "A program of the event loop: 3.0 µs.",
            "</svg>Note</p>",
            "<section data-tab=\"tokio\">\n<pre class=\"code\" data-pagefind-weight=\"0.5\"><a class=\"file\" \
             data-pagefind-ignore href=\"../../examples/greet/tokio/src/lib.rs.txt\">examples/greet/tokio/src/lib.rs</a>\
             <code class=\"language-rust skt-greet hide-boring\">",
            "<span class=\"boring\">mod runtime;",
            "</section>",
            "href=\"../../examples/app/tokio/src/main.rs.txt\">examples/app/tokio/src/main.rs</a>",
            "python/hello/_native.pyi</a><code class=\"language-python\">",
            "href=\"../../examples/app/tokio/Cargo.toml.txt\">examples/app/tokio/Cargo.toml</a>",
        ],
    );
}

#[test]
fn a_transcript_tells_what_is_typed_from_what_is_printed() {
    stand_in(
        "zh/start/hello.html",
        &[
            "<pre class=\"console\" id=\"output-greet-tokio-greet\" data-pagefind-weight=\"2\">",
            "href=\"#output-greet-tokio-greet\">终端 · greet/tokio</a>",
            "<span class=\"prompt\">$ </span><span class=\"typed\">python3 greet.py</span>\n",
            "<span class=\"printed\">hello</span>\n</code></pre>",
        ],
    );
    stand_in(
        "en/start/other.html",
        &["<pre class=\"output\" id=\"output-versions-0.1-fails-typo\"", ">Output · versions/0.1</a>"],
    );
}

#[test]
fn a_page_says_what_of_it_was_verified_and_offers_its_crates() {
    stand_in(
        "en/start/hello.html",
        &[
            "<div class=\"verified\" id=\"download\">",
            "Last run on 2026-11-29 with CPython 3.11.7, Rust 1.95.0, linux: 1 Rust block, and 1 test of 1 crate; \
             all passed. <a href=\"../appendix/status.html\">",
            "<a href=\"../../crates/app-tokio.zip\"><code>app/tokio</code></a>: <code>python -m zipfile -e app-tokio.zip . \
             &amp;&amp; cd app-tokio &amp;&amp; cargo build</code>",
            "<a href=\"../../crates/greet-async-std.zip\">",
        ],
    );
    stand_in(
        "en/start/other.html",
        &["<div class=\"verified\" id=\"download\">", "<strong>failed: typo.stderr</strong>"],
    );
}

#[test]
fn directives_become_tables_in_the_words_of_the_language() {
    stand_in(
        "zh/appendix/pyo3-asyncio.html",
        &[
            "pyo3 0.30.1, 0.30.1 on 3.11.7: E0425",
            "<code>examples</code> 的 crate</th>",
            "<td>3.11.7</td><td>5</td><td>–</td><td>7</td><td>2026-11-29 *</td>",
            "最近一次完整运行于 2026-11-29 结束",
            "<td>Rust 代码块</td><td style=\"text-align: right\">1</td>",
            "<td>✓ <a href=\"../start/hello.html\">你好</a></td>",
            "<td>3.11.7</td>",
            "<td><code>ci/just prove</code></td><td>9</td><td>3.11.7</td><td>2026-11-28</td>",
            "<code>error[E0425]: cannot find function `lost`</code>",
            "<dd><a href=\"../start/other.html#output-versions-0.1-fails-typo\">另一页</a></dd>",
            "<title id=\"bench-await-title\">asyncio 上每次调用的时间</title>",
            "<td>慢的方式</td>",
            "测量于 2026-11-29：abacus，2 个核，linux",
        ],
    );
}

#[test]
fn each_page_has_a_policy_for_its_own_scripts() {
    let pages = files::within(&SITE).expect("the site");
    let pages: Vec<_> = pages.iter().filter(|page| page.extension().is_some_and(|end| end == "html")).collect();
    assert!(pages.len() >= 15, "{pages:?}");
    for page in pages {
        let html = read(&files::slashed(page));
        let policy = "<head>\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'; ";
        assert_eq!(html.matches(policy).count(), 1, "{}", page.display());
        let scripts = html.matches("<script>").count();
        assert_eq!(html.matches("'sha256-").count(), scripts, "{}", page.display());
    }
}

#[test]
fn pages_outside_the_books_know_where_the_site_stands() {
    stand_in(
        "404.html",
        &[
            "<link rel=\"stylesheet\" href=\"/guide/plain.css\">",
            "There is no page at this address",
            "<a href=\"/guide/en/index.html\"",
            "这个地址没有页面",
            "<a href=\"/guide/zh/index.html\"",
        ],
    );
    stand_in("index.html", &["navigator.languages", "<a href=\"en/index.html\"", "<a href=\"zh/index.html\""]);
    assert!(SITE.join("social.zh.png").is_file() && SITE.join("synonyms.json").is_file());
    assert!(SITE.join(".nojekyll").is_file() && SITE.join("plain.css").is_file());
    stand_in("en/start/old.html", &["URL=hello.html"]);
}

#[test]
fn programs_get_a_list_of_the_pages_and_each_as_markdown() {
    stand_in(
        "llms.txt",
        &[
            "## English\n\n- [Hello](en/start/hello.md): A program of the event loop: 3.0 µs. See there.\n",
            "- [Other](en/start/other.md): Text.\n",
            "## 简体中文\n\n- [你好](zh/start/hello.md): 你可以在 Rust 里用事件循环，例如 3.0 µs。见那里。\n",
        ],
    );
    stand_in(
        "en/start/hello.md",
        &["# Hello {#hello}\n", "```rust\nfn greet()", "```console\n$ python3 greet.py\nhello\n```\n"],
    );
    stand_in(
        "sitemap.xml",
        &[
            "<url><loc>/guide/en/start/hello.html</loc><xhtml:link rel=\"alternate\" hreflang=\"en\" \
             href=\"/guide/en/start/hello.html\"/><xhtml:link rel=\"alternate\" hreflang=\"zh-Hans\" \
             href=\"/guide/zh/start/hello.html\"/></url>",
            "<url><loc>/guide/zh/start/other.html</loc>",
            "</urlset>\n",
        ],
    );
    assert!(!SITE.join("expanded").exists());
}

#[test]
fn a_crate_can_be_had_as_a_zip_and_file_by_file() {
    let bytes = std::fs::read(SITE.join("crates/greet-tokio.zip")).expect("a zip");
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
    let names: Vec<String> = zip.file_names().map(|name| name.expect("a name").into_owned()).collect();
    for file in ["greet-tokio/src/lib.rs", "greet-tokio/tests/test_greet.py"] {
        assert!(names.iter().any(|name| name == file), "{names:?}");
    }
    assert!(!names.iter().any(|name| name.contains("tests/blocks")), "{names:?}");
    let mut text = String::new();
    zip.by_name("greet-tokio/greet.py").expect("there").read_to_string(&mut text).expect("text");
    assert_eq!(text, read("examples/greet/tokio/greet.py.txt"));
}

#[test]
fn what_is_published_must_have_been_verified() {
    let root = small_guide("site-without-record");
    let (success, said) = build(&root, &[("GUIDE_RECORDED", "1")]);
    assert!(!success && said.starts_with("these sources have not been verified as a whole"), "{said}");
}

#[test]
fn a_site_with_a_mistake_does_not_take_the_place_of_the_old_one() {
    let root = small_guide("site-with-a-mistake");
    let live = root.join("target/site/index.html");
    files::write_if_changed(&live, b"the old one").expect("a file");
    let page = root.join("book/en/start/other.md");
    let text = files::read(&page).expect("a page");
    let wrong = text.replace("versions/0.1/src/lib.rs", "versions/0.1/src/lost.rs");
    files::write_if_changed(&page, wrong.as_bytes()).expect("a page");
    let (success, said) = build(&root, &[]);
    assert!(!success && said.starts_with("mdbook build of book/en:\n") && said.contains("lost.rs"), "{said}");
    assert_eq!(files::read(&live).expect("there"), "the old one");

    files::write_if_changed(&page, text.as_bytes()).expect("a page");
    files::write_if_changed(&root.join("book/zh/lonely.md"), "# 独 {#l}\n".as_bytes()).expect("a page");
    let summary = root.join("book/zh/SUMMARY.md");
    let list = files::read(&summary).expect("a summary") + "- [独](lonely.md)\n";
    files::write_if_changed(&summary, list.as_bytes()).expect("a summary");
    let (success, said) = build(&root, &[]);
    assert!(!success && said == "pages in one language only: [\"lonely.html\"]\n", "{said}");
    assert_eq!(files::read(&live).expect("there"), "the old one");

    std::fs::remove_file(root.join("book/zh/lonely.md")).expect("there");
    files::write_if_changed(&summary, list.replace("- [独](lonely.md)\n", "").as_bytes()).expect("a summary");
    let (success, said) = build(&root, &[]);
    assert!(success, "{said}");
    assert!(files::read(&live).expect("there").contains("阅读中文版"));
    assert!(!root.join("target/site.old").exists() && !root.join("target/site.new").exists());
}

#[test]
fn a_pdf_that_cannot_be_printed_is_an_error_and_the_pages_lead_to_it() {
    let root = small_guide("site-with-pdf");
    let (success, said) = build_with(&root, &["--pdf"], &[]);
    assert!(!success && said.contains("printing the PDF of en and zh\nnode was not found"), "{said}");
    let page = files::read(&root.join("target/site.new/zh/start/hello.html")).expect("there");
    let link = "<a class=\"pdf-link\" href=\"../../async-rust-and-python.zh.pdf\" title=\"整本指南的 PDF\"";
    assert!(page.contains(link), "{page}");
    assert!(!root.join("target/site").exists());
}
