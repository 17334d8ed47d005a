// Shows that something long is still at work: how long it has been, and what it said last. Goes to
// standard error, so that a script's standard output stays what was asked for.

const PATIENCE_MS = 6_000; // what ends sooner needs no word
const IN_PLACE_MS = 1_000; // on a terminal, where the line is written over
const LINE_MS = 20_000; // in a log, where each is a line of its own
const FALLBACK_COLUMNS = 80;

/** Follows a child whose output is collected, until it ends. */
export function follow(child, what) {
  const terminal = process.stderr.isTTY;
  const started = Date.now();
  let latest = '';
  let begun = '';
  const listen = (chunk) => {
    const lines = (begun + chunk).split('\n');
    begun = lines.pop(); // a line may come in pieces
    latest = lines.map((line) => line.trim()).findLast(Boolean) ?? latest;
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);

  let shown = false;
  const show = () => {
    const text = `  ${what}, ${elapsed(Date.now() - started)}${latest && `: ${plain(latest)}`}`;
    const columns = process.stderr.columns ?? FALLBACK_COLUMNS;
    process.stderr.write(terminal ? `\r\u001b[K${text.slice(0, columns - 1)}` : `${text}\n`);
    shown = true;
  };
  let every;
  const patience = setTimeout(() => {
    show();
    every = setInterval(show, terminal ? IN_PLACE_MS : LINE_MS);
  }, PATIENCE_MS);
  child.once('close', () => {
    clearTimeout(patience);
    clearInterval(every);
    if (shown && terminal) process.stderr.write('\r\u001b[K');
  });
}

/** Without colours and what moves the cursor: the line is another program's. */
function plain(text) {
  return text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').replace(/[\u0000-\u001f]/g, ' ');
}

function elapsed(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
