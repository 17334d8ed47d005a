//! Writes down what the Worker says of itself: its tools, its workflows, the OpenAPI document.
//!
//! A tool whose input asks for an identity, or a second one of the same name, ends the build here.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use onbehalf_agents::workflows;
use onbehalf_http::openapi::{Descriptions, Offered};
use onbehalf_tools::Registry;

fn main() -> Result<(), Box<dyn Error>> {
    // Whatever else it depends on is compiled into it, and cargo knows of that.
    println!("cargo::rerun-if-changed=build.rs");
    let offered = Offered {
        tools: &Registry::standard()?,
        workflows: &workflows().list(),
    };
    let described = Descriptions::of(&offered)?;
    let folder = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(folder.join("tools.json"), described.tools.as_bytes())?;
    fs::write(
        folder.join("workflows.json"),
        described.workflows.as_bytes(),
    )?;
    fs::write(folder.join("openapi.json"), described.document.as_bytes())?;
    Ok(())
}
