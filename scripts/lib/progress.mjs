// Shows that something long is still at work: how long it has been, and what it said last. Several
// may be at work at once; a terminal shows them together on one line. Goes to standard error, so
// that a script's standard output stays what was asked for.

const PATIENCE_MS = 4_000; // what ends sooner needs no word
const IN_PLACE_MS = 1_000; // on a terminal, where the line is written over
const LINE_MS = 20_000; // in a log, where each is a line of its own
const FALLBACK_COLUMNS = 80;

const terminal = process.stderr.isTTY;
/** What is at work, in the order in which it began. */
const working = new Set();
let ticking;
let shown = false;

/** Something that begins; answers `say`, for what it is at, and `end`. */
export function begin(what) {
  const task = { what, began: Date.now(), latest: '' };
  working.add(task);
  ticking ??= setInterval(show, terminal ? IN_PLACE_MS : LINE_MS);
  return {
    say: (text) => {
      task.latest = text;
    },
    end: () => {
      working.delete(task);
      if (working.size > 0) return;
      clearInterval(ticking);
      ticking = undefined;
      clear();
    },
  };
}

/** Follows a child whose output is collected, until it ends. */
export function follow(child, what) {
  const task = begin(what);
  let begun = '';
  const listen = (chunk) => {
    const lines = (begun + chunk).split('\n');
    begun = lines.pop(); // a line may come in pieces
    const latest = lines.map((line) => plain(line).trim()).findLast(Boolean);
    if (latest) task.say(latest);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  child.once('close', task.end);
}

function show() {
  const now = Date.now();
  const long = [...working].filter((task) => now - task.began >= PATIENCE_MS);
  if (long.length === 0) return;
  if (!terminal) {
    for (const task of long) process.stderr.write(`  ${described(task, now)}\n`);
    return;
  }
  const width = (process.stderr.columns ?? FALLBACK_COLUMNS) - 1;
  const each = Math.floor(width / long.length);
  const line = long.map((task) => fitted(`  ${described(task, now)}`, each)).join('');
  process.stderr.write(`\r\u001b[K${line}`);
  shown = true;
}

/** Takes the line away, before something else is written. */
export function clear() {
  if (shown) process.stderr.write('\r\u001b[K');
  shown = false;
}

const described = ({ what, began, latest }, now) => `${what}, ${elapsed(now - began)}${latest && `: ${latest}`}`;

const fitted = (text, width) => (text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width));

/** Without colours and what moves the cursor: the line is another program's. */
function plain(text) {
  return text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').replace(/[\u0000-\u001f]/g, ' ');
}

export function elapsed(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
