// Writes variables into a table of wrangler.toml and leaves every other byte of it as it was: the
// comments there are worth more than the numbers. Knows of TOML only what such a table holds; that
// the result says what was meant, whoever calls this has wrangler read it.

/** A value that goes over several lines begins so, and ends with the same. */
const LONG = ["'''", '"""'];

/** `text` with these variables in the table, such as `[vars]`. */
export function withVars(text, table, vars) {
  const lines = text.split('\n');
  for (const [name, value] of Object.entries(vars)) put(lines, table, `${name} = ${quoted(value)}`, name);
  return lines.join('\n');
}

function put(lines, table, line, name) {
  let head = lines.findIndex((it) => it.trim() === table);
  if (head < 0) {
    if (lines.at(-1) !== '') lines.push('');
    head = lines.push(table) - 1;
    lines.push('');
  }
  const next = lines.findIndex((it, at) => at > head && it.startsWith('['));
  const end = next < 0 ? lines.length : next;
  const there = lines.findIndex((it, at) => at > head && at < end && new RegExp(`^\\s*${name}\\s*=`).test(it));
  if (there >= 0) {
    lines.splice(there, lengthOf(lines, there), line);
    return;
  }
  // Behind the last line that says something, before the comment of what comes next.
  let last = head;
  for (let at = head + 1; at < end; at += 1) if (/^\s*[A-Za-z_]/.test(lines[at])) last = at + lengthOf(lines, at) - 1;
  lines.splice(last + 1, 0, line);
}

/** How many lines a value takes. */
function lengthOf(lines, at) {
  const value = lines[at].slice(lines[at].indexOf('=') + 1).trim();
  const mark = LONG.find((it) => value.startsWith(it));
  if (!mark || value.slice(mark.length).includes(mark)) return 1;
  const end = lines.findIndex((it, later) => later > at && it.includes(mark));
  return end < 0 ? 1 : end - at + 1;
}

/** As people write it where that is possible: JSON without a backslash before each quote. */
function quoted(value) {
  const plain = !/['\u0000-\u001f\u007f]/.test(value);
  return plain ? `'${value}'` : JSON.stringify(value);
}
