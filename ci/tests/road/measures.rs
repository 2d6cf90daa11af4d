//! The long runs: each crate alone, copies, other event loops, many exits, other Pythons.

use std::fs;

use crate::guide::{Guide, minor, other_minor};

#[test]
fn each_crate_passes_alone_and_the_run_is_written_down() {
    let guide = Guide::copy();
    let said = guide.run("test-alone");
    for name in ["rust-app/tokio", "native-module/tokio", "versions/0.1"] {
        assert_eq!(said.verdict(&format!("{name} alone")), "ok", "{}", said.text);
    }
    said.must(0, &[" passed, 0 failed\n"]);
    assert!(guide.read("ci/whole_runs.toml").contains("recipe = \"test-alone\""));
}

#[test]
fn a_share_of_the_crates_is_no_whole_run() {
    let guide = Guide::copy();
    guide.run("test-alone --share 1000").must(0, &[" 0 failed\n"]);
    assert!(!guide.read("ci/whole_runs.toml").contains("test-alone"));
}

#[test]
fn what_is_copied_under_another_name_passes() {
    let guide = Guide::copy();
    let said = guide.run("test-copies");
    said.must(
        0,
        &[
            "ok",
            "native-module/tokio copied as my_module\n",
            "ok",
            "rust-app/tokio copied as my-app\n",
            "ok",
            "native-module/tokio copied as mixed\n",
            "3 passed, 0 failed\n",
        ],
    );
    guide.run("test-copies other").must(1, &["test-copies knows my_module, my-app, mixed"]);
}

#[test]
fn a_reader_gets_a_project_outside_of_the_clone() {
    let guide = Guide::copy();
    let said = guide.run("copy examples/native-module/tokio ../mine/greeter");
    said.must(
        0,
        &[
            "mine/greeter: greeter, from examples/native-module/tokio. To go on:\n",
            "    cd ../mine/greeter\n",
            "pip install maturin pytest\n",
            "    maturin develop && python -m pytest tests\n",
        ],
    );
    let copied = |file: &str| fs::read_to_string(guide.home().join("mine/greeter").join(file));
    assert!(copied("tests/test_greet.py").expect("copied").contains("import greeter\n"));
    assert!(!copied("src/lib.rs").expect("copied").contains("ANCHOR"));
    assert!(copied("tests/blocks/module.rs").is_err() && copied("Cargo.lock").is_ok());
    for (words, why) in [
        ("copy native-module/tokio ../mine/greeter", "is already there"),
        ("copy native-module/tokio target/mine", "is inside the clone of the guide"),
        ("copy native-module/tokio ../struct", "means something else to Rust or to Python"),
        ("copy native-module/tokio ../Mine", "no name for a crate and a Python module"),
        ("copy versions/0.2 ../pyo3", "the name of a crate that it needs"),
        ("copy versions/0.1 ../mine2", "an instrument of this guide (an older version)"),
        ("copy lost ../mine2", "no example is called so"),
    ] {
        guide.run(words).must(1, &[why]);
    }
    guide
        .run("copy rust-app/tokio ../my-app --name my-app")
        .must(0, &["my-app: my-app, from", "    cargo test\n    cargo run\n"]);
}

#[test]
fn a_new_example_starts_from_the_crate_of_its_kind() {
    let guide = Guide::copy();
    guide
        .run("new-example wave-back tokio rust-app")
        .must(0, &["examples/wave-back/tokio: started from rust-app/tokio"]);
    assert!(guide.read("examples/wave-back/tokio/Cargo.toml").contains("name = \"wave-back-tokio\""));
    assert!(guide.read("Cargo.lock").contains("name = \"wave-back-tokio\""));
    for (words, why) in [
        ("wave-back tokio rust-app", "is already there"),
        ("Wave tokio rust-app", "names are lower-case words joined by hyphens"),
        ("wave tokio other", "other: start from rust-app or native-module"),
    ] {
        guide.run(&format!("new-example {words}")).must(1, &[why]);
    }
}

#[test]
fn on_uvloop_the_tests_fail_that_the_table_names_and_no_others() {
    let guide = Guide::copy();
    let said = guide.run("test-uvloop");
    said.must(0, &["2 passed, 0 failed\n"]);
    assert_eq!(said.verdict("native-module/tokio on uvloop"), "ok");
    assert!(guide.read("ci/whole_runs.toml").contains("recipe = \"test-uvloop\""));
    guide.edit("ci/uvloop/differs.toml", "test_the_loop_is_that_of_asyncio", "test_it_greets_who_is_there");
    let said = guide.run("test-uvloop");
    said.must(
        1,
        &[
            "test_it_greets_who_is_there passes, though of uvloop it says: its loop is its own",
            "1 passed, 1 failed\n",
        ],
    );
}

#[test]
fn many_exits_are_written_down_and_few_are_not() {
    let guide = Guide::copy();
    guide.run("stress 2 --uvloop").must(0, &["native-module/tokio: 2 clean exits of each program\n", "1 passed"]);
    assert!(!guide.read("ci/stress.toml").contains("native-module"));
    let said = guide.run("stress 200 native-module");
    said.must(
        0,
        &[
            "native-module/tokio: 200 clean exits of each program\n",
            "native-module/tokio with the plain bridge: the exit test sees it\n",
            "2 passed, 0 failed\n",
        ],
    );
    let results = guide.read("ci/stress.toml");
    assert!(results.contains("crate = \"native-module/tokio\"") && results.contains("length = 200"), "{results}");
    guide.run("stress none").must(1, &["none: the number of exits must be a whole number from 1"]);
    guide.run("stress 2 rust-app").must(1, &["rust-app: none of its crates has a long test"]);
}

#[test]
fn an_exit_that_is_not_clean_is_no_result() {
    let guide = Guide::copy();
    guide.run("stress 200 native-module").must(0, &["2 passed"]);
    guide.edit("examples/native-module/tokio/src/lib.rs", "CLEAN = True", "CLEAN = False");
    let said = guide.run("stress 200 native-module");
    said.must(1, &["FAILED", "not clean: [(-11", "again: ci/just stress 200 native-module/tokio\n"]);
    assert!(!guide.read("ci/stress.toml").contains("native-module"));
}

#[test]
fn what_passes_on_a_python_is_written_in_the_place_of_what_passed_there_before() {
    let (guide, other, ours) = (Guide::copy(), other_minor(), minor());
    let said = guide.run(&format!("test-matrix 3.{other} 3.{ours}=env"));
    said.must(0, &["CPython    result", "passed", "2 passed, 0 failed\n"]);
    said.must(0, &[&format!("/pyenv/versions/3.{other}.10/bin/python3\n")]);
    said.must(0, &["just test-examples with python3\n"]);
    let matrix = guide.read("ci/matrix.toml");
    let versions: Vec<&str> = matrix.lines().filter(|line| line.starts_with("version = ")).collect();
    assert_eq!(versions.len(), 2, "{matrix}");
    assert!(versions[0].contains("3.8.18") && versions[1].contains(&format!("3.{ours}.")), "{matrix}");
    let said = guide.run(&format!("test-matrix 3.{other} 3.{ours}=false --topic rust-app --only console"));
    said.must(1, &["FAILED", "1 passed, 1 failed\n", "1 of 2 Pythons failed\n"]);
    assert_eq!(guide.read("ci/matrix.toml"), matrix);
    guide.run("test-matrix 3.8").must(1, &["3.8: not a version from 3.9 to 3.15"]);
    guide.run("test-matrix 3.14t").must(1, &["3.14t: not found here; for one elsewhere write 3.14t="]);
}

#[test]
fn captures_that_no_python_needs_any_more_are_gone_after_the_oldest_made_its_own() {
    let (guide, other, ours) = (Guide::copy(), other_minor(), minor());
    let old = format!("examples/native-module/tokio/greet.py3.{ours}.console");
    guide.write(&old, "$ python3 greet.py\nhello, moon\n");
    let said = guide.run(&format!("test-matrix --bless 3.{other} 3.{ours}=env"));
    said.must(
        0,
        &["just bless with ", "0 captures changed", "just bless --from-this-python with ", "0 captures changed"],
    );
    assert!(!guide.root().join(old).exists());
}
