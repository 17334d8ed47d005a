// What the Worker leaves on disk: every row of every Durable Object, and every byte besides.

import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Every file below a folder. */
export async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((it) => it.isFile()).map((it) => join(it.parentPath, it.name));
}

/** The rows of a database, a line each; its tables are whatever it has. */
function rows(path) {
  const database = new DatabaseSync(path);
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return tables.flatMap(({ name }) => {
      const all = database.prepare(`SELECT * FROM "${name.replaceAll('"', '""')}"`);
      all.setReadBigInts(true);
      return all.all().map((row) => `${name}: ${text(row)}`);
    });
  } finally {
    database.close();
  }
}

/** A row as text, its blobs read as text too. */
const text = (row) =>
  Object.entries(row)
    .map(([column, value]) => `${column}=${value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value}`)
    .join(' ');

/**
 * Every file below the folder of a stage's state by its path: `rows` of the databases, `bytes` of all of them.
 * Read from a copy, so that the Worker is not in the way, nor we in its. It stands still while that is
 * made: an object that nobody has asked for long closes its database, and a file of it goes.
 */
export async function dump(stage, name) {
  const copy = await mkdtemp(join(tmpdir(), 'onbehalf-dump-'));
  try {
    await stage.held(() => cp(join(stage.state, name), copy, { recursive: true }));
    const dumped = [];
    for (const path of await filesBelow(copy)) {
      const bytes = (await readFile(path)).toString('latin1');
      dumped.push({ path: path.slice(copy.length + 1), bytes, rows: [] });
    }
    // Opening a database changes it and its log, so that their bytes are read before.
    for (const file of dumped.filter((it) => it.path.endsWith('.sqlite'))) {
      file.rows = rows(join(copy, file.path));
    }
    return dumped;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
