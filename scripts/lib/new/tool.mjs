// A new tool: one file in crates/tools, made from what Scalekit's catalogue says it takes.

import { readFileSync } from 'node:fs';

import { inRoot } from '../paths.mjs';
import { Failure } from '../say.mjs';
import { behindLast, each, pascal, snake, title } from './names.mjs';

/** The catalogue's kinds that a tool's input can have, and a value of each for the test. */
const KINDS = {
  string: ['String', '"something".into()', '"something"'],
  integer: ['i64', '7', '7'],
  number: ['f64', '0.5', '0.5'],
  boolean: ['bool', 'true', 'true'],
};
/** Parameters that say who is calling; `tool_input!` refuses more. */
const WHO = /^(user|account|org|organization|tenant|session|token)(_?id)?$/i;
/** Parameters that Rust has taken for itself. */
const KEYWORDS = ['type', 'match', 'ref', 'move', 'where', 'use', 'for', 'in', 'as', 'mod'];
/** How many names are shown to somebody who is looking for one. */
const SUGGESTIONS = 8;

const catalogue = () => JSON.parse(readFileSync(inRoot('sandbox', 'data', 'tools.json'), 'utf8'));

/** The files and changes that make a tool of this name. */
export function toolChanges(name, { calls = snake(name), writes = false }) {
  const apps = catalogue();
  const app = Object.keys(apps).find((it) => calls in apps[it]);
  if (!app) throw new Failure(`Scalekit's catalogue has no ${calls}${suggestions(apps, calls)}. Name one with --calls.`);
  if (!name.startsWith(`${app}-`)) throw new Failure(`A tool of ${app} is called ${app}-something, not ${name}.`);
  const required = Object.entries(apps[app][calls])
    .filter(([, kind]) => kind.endsWith('!'))
    .map(([field, kind]) => [field, kind.slice(0, -1)]);
  const hard = required.find(([, kind]) => !KINDS[kind]);
  if (hard) throw new Failure(`${calls} takes ${hard[0]} as ${hard[1]}, whose parts only you know: write this one by hand.`);

  const personal = required.find(([field]) => WHO.test(field));
  if (personal) throw new Failure(`${calls} asks for ${personal[0]}: whom a tool acts for is no input of it. Write this one by hand.`);

  const type = pascal(name);
  const module = snake(name);
  return {
    files: { [`crates/tools/src/${module}.rs`]: source({ name, type, app, calls, writes, required }) },
    edits: {
      'crates/tools/src/lib.rs': each(
        behindLast('^mod context;$', `\nmod ${module};`),
        behindLast('^pub use context::.*;$', `\npub use ${module}::{${type}, ${type}Input, ${type}Output};`),
      ),
      'crates/tools/src/registry.rs': behindLast('\\.with(?:_findable)?::<super::\\w+>\\(\\)$', `\n            .with::<super::${type}>()`, (last) => `${last}?`),
      'sandbox/src/world/stubs.rs': behindLast('^const STUBS: .* = &\\[', `\n    ("${calls}", r#"{"answered": "by a stub"}"#),`),
    },
    packages: ['onbehalf-tools', 'onbehalf-sandbox'],
    next: `say in crates/tools/src/${module}.rs what it is for and what of the answer is worth having; in sandbox/src/world/stubs.rs stands what the sandbox answers.`,
  };
}

/** A parameter as a member of a Rust struct. */
function member(field) {
  const plain = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll('-', '_');
  return KEYWORDS.includes(plain) ? `r#${plain}` : plain;
}

/** Tools that share most words with this one. */
function suggestions(apps, calls) {
  const words = calls.split('_');
  const shared = (tool) => tool.split('_').filter((word) => words.includes(word)).length;
  const near = Object.values(apps)
    .flatMap(Object.keys)
    .filter((tool) => shared(tool) > 1)
    .sort((a, b) => shared(b) - shared(a) || a.length - b.length)
    .slice(0, SUGGESTIONS);
  return near.length > 0 ? `; near it are ${near.join(', ')}` : '';
}

function source({ name, type, app, calls, writes, required }) {
  const fields = required.map(([field, kind]) => `        /// The app's \`${field}\`.\n        pub ${member(field)}: ${KINDS[kind][0]},\n`).join('');
  const params = required.map(([field]) => `"${field}": input.${member(field)}`).join(', ');
  const values = required.map(([field, kind]) => `${member(field)}: ${KINDS[kind][1]}`).join(', ');
  const sent = required.map(([field, kind]) => `"${field}": ${KINDS[kind][2]}`).join(', ');
  return `//! \`${name}\`: ${title(name).toLowerCase()}.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::InputError;
use super::tool::{OutputError, Tool};

crate::tool_input! {
    /// What it is asked.
    pub struct ${type}Input {
${fields}    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ${type}Output {
    /// The app's own answer.
    pub answer: Value,
}

/// See the module.
pub struct ${type};

impl Tool for ${type} {
    const ID: &'static str = "${name}";
    const DESCRIPTION: &'static str = "${title(name)}.";
    const CONNECTOR: Connector = Connector::named("${app}");
    const SCALEKIT_NAME: &'static str = "${calls}";
    const KIND: CallKind = CallKind::${writes ? 'Write' : 'Read'};
    type Input = ${type}Input;
    type Output = ${type}Output;

    fn params(${required.length > 0 ? 'input' : '_'}: &${type}Input) -> Result<Value, InputError> {
        Ok(json!({ ${params} }))
    }

    fn output(data: &Value, _: &${type}Input, _: Timestamp) -> Result<${type}Output, OutputError> {
        if !data.is_object() {
            return Err(OutputError::Malformed("the answer"));
        }
        Ok(${type}Output { answer: data.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::success_of;

    #[tokio::test]
    async fn the_app_is_asked_and_its_answer_read() {
        let input = ${type}Input { ${values} };
        let answer = json!({"answered": "by the app"});
        let (sent, output) = success_of::<${type}>(&input, &answer).await;
        assert_eq!(sent["params"], json!({ ${sent} }));
        assert_eq!(output.answer, answer);
    }
}
`;
}
