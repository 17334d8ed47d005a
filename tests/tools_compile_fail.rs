//! Inputs that ask for identity do not compile; see `compile_fail/tools/README.md`.

#[test]
fn identity_in_a_tool_input_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/tools/*.rs");
}
