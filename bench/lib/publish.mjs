// From the newest result of each measurement to what people read: the README's table, the plot, and
// every figure in bench/RESULTS.md.

import { readdir, readFile, writeFile } from 'node:fs/promises';

import { MEASUREMENTS } from '../measurements.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { Failure, dim, say } from '../../scripts/lib/say.mjs';
import { rounded } from './numbers.mjs';
import { plot } from './plot.mjs';

const BEGIN = '<!-- bench: written by `npm run bench` -->';
const END = '<!-- bench: end -->';

/** The newest result of each measurement, in the order of the measurements. */
async function newest() {
  const folder = inRoot('bench', 'results');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const results = new Map();
  for (const file of files) {
    const result = JSON.parse(await readFile(`${folder}/${file}`, 'utf8'));
    results.set(result.measurement, { ...result, file });
  }
  return MEASUREMENTS.filter(({ name }) => results.has(name)).map((measurement) => ({
    ...measurement,
    result: results.get(measurement.name),
  }));
}

const markdown = (header, rows) =>
  [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const day = (date) => date.slice(0, 10);

function takenOn({ machine, versions, date, loadAverage }) {
  const memory = `${Math.round(machine.memoryBytes / 2 ** 30)} GB`;
  return `${day(date)}, ${machine.cores} cores (${machine.processor}), ${memory}, ${versions.workerd}, load ${loadAverage[0]} at the start`;
}

/** What the targets came to, over all measurements. */
function verdictTable(measurements) {
  const rows = measurements.flatMap(({ title, verdicts, result }) =>
    verdicts(result.figures).map(({ target, found, met }) => [title, target, found, met ? 'met' : '**missed**']),
  );
  return markdown(['', 'Target', 'Found', ''], rows);
}

const seconds = (ms) => (ms >= 1000 ? `${rounded(ms / 1000)} s` : `${rounded(ms)} ms`);

/** Panels for what has been measured. */
function panels(figuresOf) {
  const drawn = [];
  const runs = figuresOf('whole-run')?.points.find((at) => at.customers === 200 && at.latency === 50);
  if (runs) {
    const peer = (shape) => runs.peers.find((of) => of.peer === 'mastraNode' && of.shape === shape).wallMs.median;
    drawn.push({
      title: 'One run, 200 customers',
      note: 'every call upstream takes 50 ms',
      bars: [
        { label: 'least the network allows', value: runs.criticalPathMs, bound: true },
        { label: 'Onbehalf', value: runs.wallMs.median, own: true },
        { label: 'Mastra, six customers at once', value: peer('batched') },
        { label: 'Mastra, as in the article', value: peer('article') },
      ].map((bar) => ({ ...bar, shown: seconds(bar.value) })),
    });
  }
  const starts = figuresOf('start-up')?.starts;
  if (starts) {
    const labels = { bareRust: 'empty Rust Worker', onbehalf: 'Onbehalf', mastraWorkerd: 'Mastra in workerd', mastraNode: 'Mastra under Node' };
    drawn.push({
      title: 'From nothing to the first answer',
      note: 'a new process, workerd included',
      bars: starts.filter(({ kind }) => labels[kind]).map(({ kind, toFirstAnswerMs }) => ({
        label: labels[kind],
        value: toFirstAnswerMs.median,
        shown: seconds(toFirstAnswerMs.median),
        own: kind === 'onbehalf',
        bound: kind === 'bareRust',
      })),
    });
  }
  const engine = figuresOf('engine')?.microseconds;
  if (engine) {
    drawn.push({
      title: 'One write that survives a crash',
      note: 'journal in memory, without the network',
      bars: [
        { label: 'bare row in a Durable Object', value: engine.insertDurable.median, bound: true },
        { label: 'Onbehalf: intent and outcome', value: engine.effectDurable.median, own: true },
        { label: 'Cloudflare Workflows: step.do', value: engine.stepDo.median },
      ].map((bar) => ({ ...bar, shown: seconds(bar.value / 1000) })),
    });
  }
  return drawn;
}

async function intoReadme(text) {
  const path = inRoot('README.md');
  const readme = await readFile(path, 'utf8');
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Failure('README.md has lost the marks between which its figures stand.');
  await writeFile(path, `${readme.slice(0, from)}${BEGIN}\n${text}\n${readme.slice(to)}`);
}

/** Brings all of them up to date. */
export async function publish() {
  const measurements = await newest();
  if (measurements.length === 0) throw new Failure('There are no results yet; run npm run bench.');
  const figuresOf = (wanted) => measurements.find(({ name }) => name === wanted)?.result.figures;
  const [{ result: first }] = measurements;
  const table = verdictTable(measurements);
  await intoReadme(`${table}\n\n${takenOn(first)}.`);
  const sections = measurements.map(({ title, rows, result }) => {
    const { header, rows: lines } = rows(result.figures);
    return `## ${title}\n\n${markdown(header, lines)}\n\n${takenOn(result)}. [Raw figures](results/${result.file}).\n`;
  });
  await writeFile(
    inRoot('bench', 'RESULTS.md'),
    `# Results\n\nWritten by \`npm run bench\`; [README.md](README.md) says what the figures mean. Medians, with quartiles in parentheses.\n\n${sections.join('\n')}`,
  );
  await writeFile(inRoot('docs', 'bench.svg'), plot(panels(figuresOf), `Medians of several repetitions; ${takenOn(first)}`));
  say(dim('README.md, bench/RESULTS.md and docs/bench.svg are up to date.'));
}
