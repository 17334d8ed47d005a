//! Every target for a moment: inputs made from the seeds by a generator that is always the same.

use super::{TARGETS, Target};

/// Inputs of each target in `cargo test`: seconds without optimisation, all targets together.
const INPUTS: u32 = 4_000;
/// Longest input.
const MAX_BYTES: usize = 4096;
/// Pieces with a meaning to one of the parsers.
const PIECES: [&[u8]; 24] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b".",
    b"~",
    b"\n",
    b" ",
    b"null",
    b"-1",
    b"1e308",
    b"9223372036854775808",
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"%2e%2e",
    b"//",
    b"*",
    b"\xe2\x80\x9c",
    b"@",
];

/// xorshift64*: enough for choosing, the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(drawn).unwrap_or_default() % bound.max(1)
    }

    fn change(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(input.len() + 1);
        match self.below(6) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 => {
                let end = (at + 1 + self.below(16)).min(input.len());
                input.drain(at.min(end)..end);
            }
            2 => {
                let from = self.below(other.len());
                let until = (from + self.below(64)).min(other.len());
                input.splice(at..at, other[from..until].iter().copied());
            }
            3 => {
                let end = (at + self.below(32)).min(input.len());
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            _ => {
                let piece = PIECES[self.below(PIECES.len())];
                input.splice(at..at, piece.iter().copied());
            }
        }
        input.truncate(MAX_BYTES);
    }
}

fn for_a_moment(target: &Target) {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    (target.run)(b"");
    for seed in target.seeds {
        (target.run)(seed.as_bytes());
    }
    for _ in 0..INPUTS {
        let mut input = target.seeds[dice.below(target.seeds.len())]
            .as_bytes()
            .to_vec();
        let other = target.seeds[dice.below(target.seeds.len())].as_bytes();
        for _ in 0..=dice.below(8) {
            dice.change(&mut input, other);
        }
        (target.run)(&input);
    }
}

#[test]
fn every_target_holds_for_a_moment() {
    for target in &TARGETS {
        for_a_moment(target);
    }
}

#[test]
fn names_are_unique() {
    let names: std::collections::BTreeSet<_> = TARGETS.iter().map(|it| it.name).collect();
    assert_eq!(names.len(), TARGETS.len());
}
