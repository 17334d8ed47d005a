//! One executable for all targets: `ONBEHALF_TARGET` names the one to run. Started by
//! `npm run fuzz`, which also writes the seeds it asks for with `ONBEHALF_SEEDS`.
#![no_main]

use std::sync::LazyLock;

use onbehalf_fuzz_targets::{TARGETS, Target};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let wanted = std::env::var("ONBEHALF_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|target| target.name == wanted);
    let target = found.unwrap_or_else(|| {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        panic!("ONBEHALF_TARGET has to be one of {}", names.join(", "))
    });
    if let Ok(folder) = std::env::var("ONBEHALF_SEEDS") {
        for (number, seed) in target.seeds.iter().enumerate() {
            let path = format!("{folder}/seed-{number}");
            std::fs::write(&path, seed).unwrap_or_else(|error| panic!("{path}: {error}"));
        }
    }
    target
});

libfuzzer_sys::fuzz_target!(init: { LazyLock::force(&TARGET); }, |input: &[u8]| {
    (TARGET.run)(input);
});
