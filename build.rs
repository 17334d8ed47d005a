//! Says to the linker what must stay in the Worker when names are stripped from it.

use std::env;

/// Stripping names would take these along.
const READ_BY_WASM_BINDGEN: [&str; 2] = ["__wasm_bindgen_unstable", "target_features"];

fn main() -> Result<(), env::VarError> {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_ARCH")? == "wasm32" {
        for section in READ_BY_WASM_BINDGEN {
            println!("cargo::rustc-link-arg-cdylib=--keep-section={section}");
        }
    }
    Ok(())
}
