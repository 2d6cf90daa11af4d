//! The whole road, on a small guide: what `guide` prints, writes and ends with.
//!
//! The stand-ins are programs of Unix.
#![cfg(unix)]

mod guide;
mod measures;

use std::fs;

use crate::guide::{First, Guide, minor};

const MODULE: &str = "examples/native-module/tokio";
const APP: &str = "examples/rust-app/tokio";

#[test]
fn the_first_run_proves_everything_and_is_written_down() {
    let first = First::get();
    let steps = [
        "every block shows a part of an example",
        "book/en/app.md:17: examples/rust-app/tokio/Cargo.toml",
        "book/zh/module.md:6: examples/native-module/tokio/src/lib.rs by skeptic",
        "native-module/tokio: install.console: maturin develop && python3 greet.py",
        "native-module/tokio: pytest",
        "native-module/tokio: session.pycon as the page shows it",
        "native-module/tokio: python/hello/_native.pyi as the page shows it",
        "rust-app/tokio: answer.py as the page shows it",
        "versions/0.2: no build for CPython 3.99",
        "tests named on the pages have run",
    ];
    for step in steps {
        assert_eq!(first.said.verdict(step), "ok", "{step}\n{}", first.said.text);
    }
    first.said.must(
        0,
        &["CPython 3.", "tests named on the pages have run", "pages                 2      2", " passed, 0 failed\n"],
    );
    first.said.lacks("] kept");
    let record = first.guide.read("target/verify.json");
    assert!(record.contains("\"test_it_greets_who_is_there\"") && record.contains("\"a_program_prints_its_answer\""));
}

#[test]
fn a_second_run_keeps_each_pass_and_a_changed_source_runs_its_own_crate_again() {
    let guide = Guide::copy();
    let crates = ["native-module/tokio: pytest", "versions/0.1: cargo test", "rust-app/tokio: cargo test"];
    let block = "book/en/app.md:5: examples/rust-app/tokio/src/main.rs by skeptic";
    let second = guide.run("test-examples");
    second.must(0, &["kept: nothing that these steps read has changed", " kept, 0 failed\n"]);
    for step in crates.iter().chain([&block]) {
        assert_eq!(second.verdict(step), "kept", "{step}\n{}", second.text);
    }
    guide.edit(&format!("{APP}/src/main.rs"), "fn main() {\n", "fn main() {\n    // Edited.\n");
    let third = guide.run("test-examples");
    third.must(0, &[" kept, 0 failed\n"]);
    assert_eq!(crates.map(|step| third.verdict(step)), ["kept", "kept", "ok"], "{}", third.text);
    assert_eq!(third.verdict(block), "ok");
}

#[test]
fn a_run_in_which_a_page_is_edited_passes_and_is_not_written_down() {
    let guide = Guide::copy();
    let before = guide.read("target/verify.json");
    guide.edit(&format!("{MODULE}/src/runtime.rs"), "1", "2");
    let page = guide.root().join("book/en/app.md");
    let said = guide.run_with("test-examples", &[("ROAD_EDITS", &page.to_string_lossy())]);
    said.must(0, &["the sources were edited during this run: it is not written down", ", 0 failed\n"]);
    assert_eq!(guide.read("target/verify.json"), before);
}

#[test]
fn a_test_that_fails_fails_the_run_and_says_how_to_repeat_it() {
    let guide = Guide::copy();
    guide.edit(&format!("{MODULE}/tests/test_greet.py"), "hello, you", "hello, me");
    let said = guide.run_with("test-examples native-module", &[("PYTHON", "python3.x")]);
    said.must(
        1,
        &[
            "FAILED",
            "native-module/tokio: pytest\n",
            "test_it_greets_who_is_there FAILED",
            "    again: PYTHON=python3.x ci/just test-examples native-module/tokio\n",
            "crates              0/1    0/1",
            ", 1 failed\n",
            "1 of ",
            " steps failed\n",
        ],
    );
    assert_eq!(said.verdict("native-module/tokio: greet.console: python3 greet.py"), "ok", "{}", said.text);
    // What failed is not kept.
    let only = guide.run("test-examples native-module --only pytest");
    assert_eq!(only.verdict("native-module/tokio: pytest"), "FAILED");
}

#[test]
fn a_transcript_that_differs_is_shown_with_its_place_and_bless_makes_it_true() {
    let guide = Guide::copy();
    let said = |words| guide.run_with(words, &[("GITHUB_ACTIONS", "true")]);
    guide.edit(&format!("{MODULE}/greet.py"), "world", "earth");
    let differs = said("test-examples native-module/tokio");
    differs.must(
        1,
        &["shown at book/en/module.md:", "--- expected\n", "+++ came\n", "-hello, world\n", "+hello, earth\n"],
    );
    differs.must(1, &["again: ci/just test-examples native-module/tokio\n", "::error file=book/en/module.md,line="]);
    assert_eq!(differs.verdict("native-module/tokio: greet.py as the page shows it"), "FAILED");

    let from = format!("{MODULE}/greet.py3.{}.console", minor());
    guide
        .run("bless native-module --from-this-python")
        .must(0, &["changed  ", &from, "+hello, earth\n", "2 captures changed"]);
    assert!(guide.read(&format!("{MODULE}/greet.console")).ends_with("hello, world\n"));
    for name in ["greet", "install"] {
        fs::remove_file(guide.root().join(format!("{MODULE}/{name}.py3.{}.console", minor())))
            .expect("it was written");
    }

    let blessed = guide.run("bless native-module");
    blessed.must(
        0,
        &[
            "changed  examples/native-module/tokio/greet.console\n",
            "-hello, world\n",
            "+hello, earth\n",
            "2 captures changed",
        ],
    );
    assert_eq!(guide.read(&format!("{MODULE}/greet.console")), "$ python3 greet.py\nhello, earth\n");
    said("test-examples native-module/tokio").must(0, &[", 0 failed\n"]);
}

#[test]
fn what_the_compiler_says_is_blessed_too() {
    let guide = Guide::copy();
    guide.edit("examples/versions/0.1/fails/typo.rs", "function `lost`", "function `gone`");
    let file = "examples/versions/0.1/fails/typo.stderr";
    guide
        .run("bless versions/0.1")
        .must(0, &["changed  ", file, "-error", "`lost`", "+error", "`gone`", "1 capture changed"]);
    assert!(guide.read(file).contains("`gone`"));
}

#[test]
fn of_a_crate_that_does_not_build_the_later_steps_are_not_run() {
    let guide = Guide::copy();
    guide.edit(&format!("{MODULE}/src/lib.rs"), "mod runtime;", "mod runtime; // not Rust");
    guide.edit(&format!("{APP}/src/main.rs"), "println!", "printline!");
    let said = guide.run("test-examples native-module");
    let first = "native-module/tokio: install.console: maturin develop && python3 greet.py";
    said.must(1, &[first, "error: could not compile", "not run: the crate does not build, see", first, "again: "]);
    assert_eq!([first, "native-module/tokio: pytest"].map(|step| said.verdict(step)), ["FAILED"; 2]);
    let app = guide.run("test-examples rust-app/tokio");
    app.must(
        1,
        &[
            "rust-app/tokio: cargo test\n",
            "printline",
            "not run: the crate does not build, see rust-app/tokio: cargo test",
        ],
    );
    assert_eq!(app.verdict("rust-app/tokio: answer.py as the page shows it"), "FAILED");
}

#[test]
fn a_choice_runs_what_it_names_and_nothing_else() {
    let guide = Guide::copy();
    let app = guide.run("test-examples rust-app --only console");
    app.must(0, &[" 0 failed\n"]);
    assert_eq!(app.verdict("rust-app/tokio: run.console: cargo run"), "kept");
    let module = guide.run("test-examples native-module/tokio --only session --fresh");
    module.must(0, &[" 0 failed\n"]);
    let steps = ["maturin develop", "session.pycon as the page shows it"];
    assert_eq!(
        steps.map(|step| module.verdict(&format!("native-module/tokio: {step}"))),
        ["ok"; 2],
        "{}",
        module.text
    );
    for (said, other) in [(&app, "native-module"), (&app, "answer.py"), (&module, "rust-app"), (&module, "pytest")] {
        said.lacks(other);
    }
    guide.run("test-examples lost").must(1, &["lost: no topic or crate of examples/, or none for CPython 3."]);
    guide.run("test-examples app").must(1, &["; a page is called so, which shows older, rust-app, versions"]);
}

#[test]
fn a_block_that_fails_is_told_by_itself() {
    let guide = Guide::copy();
    guide.edit(&format!("{APP}/src/main.rs"), "fn main() {\n", "fn main() {\n    panic!();\n");
    let said = guide.run("test-examples --rust-blocks");
    let block = "book/en/app.md:5: examples/rust-app/tokio/src/main.rs by skeptic";
    said.must(
        1,
        &[
            block,
            "shown at book/en/app.md:5\n",
            "FAILED\n",
            "it panics\n",
            "again: ci/just test-examples rust-app/tokio\n",
        ],
    );
    assert_eq!(said.verdict(block), "FAILED");
    said.lacks("cargo test\n");
    said.lacks("4 failed");
    guide.run("test-examples rust-app/tokio").must(1, &[block, "it panics\n"]);
    said.must(1, &[", 2 failed\n"]);
}

#[test]
fn planted_faults_are_caught_by_what_reads_them_and_missed_by_what_does_not() {
    let guide = Guide::copy();
    let said = guide.run("prove");
    said.must(
        1,
        &[
            "] MISSED",
            "nothing: a comment that no check reads",
            "`guide test-examples native-module --only pytest` passed",
            "3 caught, 1 missed\n",
            "1 faults were missed\n",
        ],
    );
    for caught in [
        "module: a pass is kept though the page has another program (guide test-examples rust-app --only console)\n",
        "module: it greets somebody else (guide test-examples native-module --only pytest)\n",
        "link: a page is new (guide check)\n",
    ] {
        let line = said.text.split_inclusive('\n').find(|line| line.ends_with(caught));
        assert!(line.is_some_and(|line| line.contains("] caught")), "{caught}{}", said.text);
    }
    assert!(!guide.read("ci/whole_runs.toml").contains("prove"), "it did not pass");
    guide.run("prove link is new").must(0, &["[  1/1] caught", "1 caught, 0 missed\n"]);
    guide.run("prove lost").must(1, &["no fault has the kind lost"]);
    guide.edit("book/zh/app.md", "# 程序", "程序");
    guide.run("prove link").must(1, &["the copy fails before a fault is planted:\n", "book/zh/app.md"]);
}

#[test]
fn a_file_of_somebody_else_is_verified_block_by_block() {
    let guide = Guide::copy();
    let good = "```rust\nlet a = 1;\n```\n\n```rust,should_panic\npanic!();\n```\n\n```rust,compile_fail\nlost();\n```\n\n```rust,ignore\n?\n```\n";
    guide.write("target/good.md", good);
    let said = guide.run("verify-file target/good.md --deps");
    assert_eq!(said.code, Some(2), "a value is wanted: {}", said.text);
    let said = guide.run("verify-file target/good.md");
    said.must(
        0,
        &[
            "building 0 dependencies in ",
            "[ 1/4] ok",
            "target/good.md:1: rust\n",
            "[ 4/4] ok",
            "4 passed, 0 failed\n",
        ],
    );
    guide.write(
        "target/bad.md",
        "```rust\nlost();\n```\n\n```rust\npanic!();\n```\n\n```rust,compile_fail\nlet a = 1;\n```\n",
    );
    let said = guide.run("verify-file target/bad.md");
    let whys = ["it does not compile:", "it compiles, and fails when it is run:", "it compiles and runs to its end"];
    said.must(1, &whys);
    said.must(1, &["0 passed, 3 failed\n", "3 of 3 blocks are not what they say\n"]);
    guide.write("target/none.md", "Text.\n");
    guide.run("verify-file target/none.md").must(1, &["target/none.md: has no Rust block"]);
}
