#!/usr/bin/env node
// Stands where worker-build looks for wasm-bindgen and for esbuild: does what it is asked for by the one that
// is meant, and keeps how it was asked, with what there was to bundle.

import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { ONBEHALF_BOUND: kept, ONBEHALF_TOOLS: tools } = process.env;
const [wasmBindgen, esbuild] = JSON.parse(tools);
const asked = process.argv.slice(2);
const isBundle = asked.includes('--bundle');
if (isBundle) ['shim.js', 'index.js'].forEach((name) => copyFileSync(name, join(kept, name)));
if (isBundle || asked.includes('--out-dir')) writeFileSync(join(kept, isBundle ? 'bundle.json' : 'bind.json'), JSON.stringify(asked));
const { status } = spawnSync(isBundle ? esbuild : wasmBindgen, asked, { stdio: 'inherit' });
process.exitCode = status ?? 1;
