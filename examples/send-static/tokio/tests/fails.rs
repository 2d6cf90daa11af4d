//! The programs that must not compile, and what the compiler says of each.

#[test]
fn each_program_in_fails_is_refused_in_these_words() {
    trybuild::TestCases::new().compile_fail("fails/*.rs");
}
