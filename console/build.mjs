// Builds the console: types of the API from its own document, the check of everything that uses them,
// then script and style with hashed names. `npm run build -- DOCUMENT` in this folder, or
// `buildConsole` of ../scripts/lib/console.mjs.
//
// The document is the one that the Worker was built with, so a route, a status or a shape that the
// console uses and that is there no more ends the build.

import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { build } from 'esbuild';
import openapiTS, { astToString } from 'openapi-typescript';

const here = dirname(fileURLToPath(import.meta.url));
/** Where the site begins: files are served under their paths in this folder. */
export const DIST = join(here, 'dist');
const SITE = join(DIST, 'console');
const ASSETS = join(SITE, 'assets');
/** Types of the API, made from its document with every build. */
const GENERATED = join(here, 'generated');
/** The page's first script. */
const EARLY = 'src/early/index.ts';
/** What stands around every page. */
const AROUND = join(here, 'src', 'app.tsx');
/** What the page shows before there is any script, and of what there is one each. */
const STILL = 'src/still/index.tsx';
const LANGUAGES = ['en', 'de'];
/** What the German page needs beside the rest; English is a part of it. */
const TEXTS = 'src/texts/de.ts';
const VIEWS = ['home', 'page'];
const VERSION_LENGTH = 12;
/** Has V8 compile all of a file beside the page while it arrives (https://v8.dev/blog/explicit-compile-hints); else
 *  each function is compiled in the page when it is first called. Other browsers see a comment. */
const AT_ONCE = '//# allFunctionsCalledOnLoad';
const COMMON = { absWorkingDir: here, bundle: true, format: 'esm', jsx: 'automatic', jsxImportSource: 'preact', logLevel: 'warning' };

/** Builds everything into `dist`; `document` is the path of the OpenAPI document. */
export async function buildSite(document) {
  await writeTypes(document);
  await check();
  await rm(DIST, { recursive: true, force: true });
  await mkdir(ASSETS, { recursive: true });
  const [early] = await bundled({ early: EARLY });
  const rest = await bundled({ console: 'src/main.tsx', style: 'src/styles/index.css' }, [builtBefore(early), wholeAround]);
  const outputs = [early, ...rest];
  const script = rest.find(({ entryPoint }) => entryPoint === 'src/main.tsx');
  const style = rest.find(({ entryPoint }) => entryPoint === 'src/styles/index.css');
  const first = [early.path, ...firstScripts(rest, script)];
  const texts = rest.find(({ entryPoint }) => entryPoint === TEXTS);
  await writePages({ early: early.path, script: script.path, style: style.path, first }, { en: [], de: [texts.path] });
  await writeFile(join(DIST, '_headers'), HEADERS);
  await writeIcon();
  await writeServiceWorker(outputs);
  return { scripts: outputs.map(({ path }) => path).filter((path) => path.endsWith('.js')), first };
}

/** What esbuild makes of these, with the path of each file on the site. */
async function bundled(entryPoints, plugins = []) {
  const { metafile } = await build({
    ...COMMON,
    entryPoints,
    plugins,
    outdir: ASSETS,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    splitting: true,
    target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
    minify: true,
    metafile: true,
    legalComments: 'none',
    banner: { js: AT_ONCE },
  });
  return Object.entries(metafile.outputs).map(([path, output]) => ({ path: `/${path.replace(/^dist\//, '')}`, ...output }));
}

/** Has whatever imports the first script do so as a file of its own: with copies of it, or in a file
 *  that is loaded after others, its answers would be lost or late. */
const builtBefore = ({ path }) => ({
  name: 'built-before',
  setup({ onResolve }) {
    onResolve({ filter: /\/early$/ }, () => ({ path: `./${basename(path)}`, external: true }));
  },
});

/** Whatever is loaded later imports all that stands around pages, which is there by then. Else that is
 *  cut into a file for each set of pages that share a part of it: more than ten instead of one. */
const wholeAround = {
  name: 'whole-around',
  setup({ onResolve, onLoad, resolve }) {
    const later = new Set();
    onResolve({ filter: /^\./ }, async ({ path, kind, importer, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      const found = await resolve(path, { kind: 'import-statement', importer, resolveDir });
      later.add(found.path);
      return found;
    });
    onLoad({ filter: /\.tsx?$/ }, async ({ path }) => {
      if (!later.has(path)) return undefined;
      return { contents: `import ${JSON.stringify(AROUND)};\n${await readFile(path, 'utf8')}`, loader: extname(path).slice(1) };
    });
  },
};

/** The script of a first visit: the entry, what it imports at once, and the page that it opens with. */
function firstScripts(outputs, entry) {
  const wanted = new Set();
  const visit = (path) => {
    if (wanted.has(path)) return;
    wanted.add(path);
    const output = outputs.find((one) => one.path === path);
    for (const { path: next, kind, external } of output.imports) {
      if (external) continue;
      const named = `/${next.replace(/^dist\//, '')}`;
      const isHome = outputs.find((one) => one.path === named)?.entryPoint === 'src/pages/home/index.tsx';
      if (kind === 'import-statement' || isHome) visit(named);
    }
  };
  visit(entry.path);
  return [...wanted];
}

async function writeTypes(document) {
  const ast = await openapiTS(JSON.parse(await readFile(document, 'utf8')), {
    // What has a default may be left out by whoever sends it.
    defaultNonNullable: false,
  });
  await mkdir(GENERATED, { recursive: true });
  await writeFile(join(GENERATED, 'schema.ts'), astToString(ast));
}

async function check() {
  const tsc = join(here, 'node_modules', 'typescript', 'bin', 'tsc');
  await promisify(execFile)(process.execPath, [tsc, '--project', here]).catch(({ stdout }) => {
    throw new Error(`The console does not fit its own rules, or the API that it uses is another:\n${stdout}`);
  });
}

/** The page for somebody who is not signed in, as far as that is known, and for everybody else; `texts` are the
 *  scripts of each language. */
async function writePages(files, texts) {
  const { still, unloaded } = await stills();
  const write = (name, language, shown) =>
    writeFile(join(SITE, name), page({ ...files, first: [...files.first, ...texts[language]], language, shown, unloaded: unloaded(language) }));
  await write('index.html', 'en', '<p class="opening">Onbehalf</p>');
  for (const language of LANGUAGES) {
    for (const view of VIEWS) await write(`${view}.${language}.html`, language, still(language, view));
  }
}

/** What draws the pages as they are before script runs, made to run here. */
async function stills() {
  const outfile = join(GENERATED, 'still.mjs');
  await build({ ...COMMON, entryPoints: [STILL], outfile, platform: 'node' });
  return import(pathToFileURL(outfile));
}

function page({ early, script, style, first, language, shown, unloaded }) {
  // Behind the style, with which there is something to be seen, and behind what is asked early.
  const preloads = first.filter((path) => path !== script && path !== early).map((path) => `<link rel="modulepreload" href="${path}" fetchpriority="low">`);
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="description" content="What Onbehalf has done on your behalf, and what it may do next.">
<title>Onbehalf</title>
<link rel="icon" href="/console/icon.svg" type="image/svg+xml">
<link rel="preload" href="/auth/session" as="fetch" crossorigin="anonymous">
<script type="module" async src="${early}"></script>
<link rel="stylesheet" href="${style}">
${preloads.join('\n')}
<script type="module" src="${script}"></script>
</head>
<body><div id="console">${shown}</div>${unloaded}<noscript><p>The console needs JavaScript. Everything that it shows is to be had from the API, too.</p></noscript></body>
</html>
`;
}

/** What the platform says with each file; the page's own policy is said by the Worker. The service
 *  worker is held to the policy that comes with its script. That browsers are to keep to https means
 *  nothing to them where a file came without (RFC 6797, section 8.1), as from a developer's machine. */
const HEADERS = `/console/*
  X-Content-Type-Options: nosniff
  Strict-Transport-Security: max-age=31536000
  Cross-Origin-Resource-Policy: same-origin
  Content-Security-Policy: default-src 'none'; connect-src 'self'; frame-ancestors 'none'

/console/assets/*
  Cache-Control: public, max-age=31536000, immutable
`;

async function writeIcon() {
  await writeFile(join(SITE, 'icon.svg'), await readFile(join(here, 'src', 'icon.svg')));
}

/** The service worker, which has to know the files that it keeps. */
async function writeServiceWorker(outputs) {
  const source = await readFile(join(here, 'src', 'offline', 'worker.js'), 'utf8');
  const files = ['/console/icon.svg', ...outputs.map(({ path }) => path)];
  const version = createHash('sha256').update(files.join('\n')).digest('hex').slice(0, VERSION_LENGTH);
  await writeFile(join(SITE, 'worker.js'), source.replace("'__FILES__'", JSON.stringify(files)).replace('__VERSION__', version));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const document = process.argv[2];
  if (!document) throw new Error('Name the OpenAPI document: npm run build -- DOCUMENT');
  await buildSite(document);
}
