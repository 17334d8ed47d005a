// From the newest result of each measurement to what people read.

import { readdir, readFile } from 'node:fs/promises';

import { inRoot } from '../../scripts/lib/paths.mjs';

/** The newest result of each measurement, by its name. */
export async function newest() {
  const folder = inRoot('bench', 'results');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const results = {};
  for (const file of files) {
    const result = JSON.parse(await readFile(`${folder}/${file}`, 'utf8'));
    results[result.measurement] = result;
  }
  return results;
}

export async function publish() {
  await newest();
}
