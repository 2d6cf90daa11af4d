//! What the status page says of the parts that run each day is what `.ci/run` does.

use std::fs;
use std::path::Path;

#[test]
fn the_status_page_names_the_share_of_each_check() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root");
    let read = |file: &str| fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let run = read(".ci/run");
    let shares = run.lines().filter_map(|line| line.split_once("timed ")?.1.split_once(" --share "));
    // What is chosen from after the number of days is a part of one check, of which the page has a sentence.
    let shares: Vec<_> = shares.filter(|(_, days)| !days.contains(' ')).collect();
    assert!(shares.len() > 3, "{shares:?}");
    for file in ["book/en/appendix/status.md", "book/zh/appendix/status.md"] {
        let page = read(file);
        for (check, days) in &shares {
            let row = page.lines().find(|line| line.starts_with(&format!("| `ci/just {check}` |")));
            let row = row.unwrap_or_else(|| panic!("{file} has no row for {check}"));
            assert!(row.contains(&format!("| 1/{days} ")), "{file}: {row}");
        }
    }
}
