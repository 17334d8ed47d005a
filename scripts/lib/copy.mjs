// A copy of the sources to break or to add to, while the sources themselves are left alone. Stays
// where it is from one time to the next: cargo builds again only what changed in it.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { inRoot, root, target } from './paths.mjs';

/** Where it is. */
export const copy = join(target, 'copy');
/** What Rust is built and tested from, and the scripts. */
const COPIED = [
  'build.rs', 'Cargo.toml', 'Cargo.lock', '.cargo', 'wrangler.toml', 'package.json', 'README.md', 'src', 'crates', 'sandbox',
  'simulation', 'fuzz', 'docs', 'scripts',
];

/** Manifests of the workspace's members. */
const MEMBER = /^(crates\/[^/]+|sandbox|simulation)\/Cargo\.toml$/;
/** One less than cargo's own, of so many that it makes no difference. */
const UNITS = 255;

/** Brings the copy up to date with tracked and new files, so that changes not yet committed are in
 *  it too, and takes away what is not among them. */
export function copySources() {
  const files = new Set(listed(...COPIED).filter((file) => existsSync(inRoot(file))));
  mkdirSync(copy, { recursive: true });
  for (const file of files) restore(file);
  const visit = (folder) => {
    for (const entry of readdirSync(join(copy, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (!files.has(path)) rmSync(join(copy, path));
    }
  };
  visit('');
}

/** Tracked and new files under these names. */
function listed(...names) {
  const told = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...names], { cwd: root });
  return told.toString().split('\0').filter(Boolean);
}

/** Puts one file back as it is in the sources. One that has not changed keeps its time. */
export function restore(file) {
  const to = join(copy, file);
  const content = file === 'Cargo.toml' ? apart(readFileSync(inRoot(file), 'utf8')) : readFileSync(inRoot(file));
  if (existsSync(to) && readFileSync(to).equals(content)) return;
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, content);
}

/** The workspace's manifest, with something in it that changes nothing but what cargo calls that which it
 *  builds of each member. It would call it the same as what it builds of the sources, since both stand in
 *  the same place of their workspace, and take what was broken here for what is whole there. */
function apart(manifest) {
  const files = ['Cargo.toml', ...listed('*/Cargo.toml').filter((file) => MEMBER.test(file))];
  const names = files.map((file) => /^name = "(.+)"$/m.exec(readFileSync(inRoot(file), 'utf8'))[1]);
  const told = names.map((name) => `\n[profile.dev.package.${name}]\ncodegen-units = ${UNITS}\n`);
  return Buffer.from(manifest + told.join(''));
}
