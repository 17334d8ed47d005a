//! What must not compile: tool inputs that ask for identity (see `compile_fail/README.md`).

#[test]
fn what_must_not_compile_does_not() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
}
