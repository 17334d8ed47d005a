//! What must not compile: tool inputs that ask for identity (see `compile_fail/tools/README.md`),
//! and workflows whose steps do not fit.

#[test]
fn what_must_not_compile_does_not() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/tools/*.rs");
    cases.compile_fail("tests/compile_fail/workflow/*.rs");
}
