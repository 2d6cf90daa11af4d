//! The blocks of the chapter that do not build.

#[test]
fn the_blocks_in_fails_do_not_build_and_say_why() {
    trybuild::TestCases::new().compile_fail("fails/*.rs");
}
