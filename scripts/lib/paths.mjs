// Where things are, seen from the root of the project.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const inRoot = (...parts) => join(root, ...parts);
export const tools = inRoot('.tools');
export const tool = (name) => join(tools, 'bin', name);
/** An executable of an npm package. */
export const npmBin = (name) => inRoot('node_modules', '.bin', name);
/** What runs leave behind, and what is known about stacks that are up. */
export const state = inRoot('.state');
/** Where cargo builds. */
export const target = process.env.CARGO_TARGET_DIR ?? inRoot('target');
/** The sandbox as built with a cargo profile; the one called `dev` builds into `debug`. */
export const sandboxBinary = (profile = 'dev') =>
  join(target, profile === 'dev' ? 'debug' : profile, 'onbehalf-sandbox');
