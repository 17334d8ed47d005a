// The engine: what an effect costs with its journal, what is written for it, and what it takes to
// pick a long run up again.
//
// Everything happens in one Durable Object each, timed from outside. "Durable" waits until what was
// written is safe, as the platform does before a request may leave; "computed" does not, and shows
// what the engine itself takes. The bare insert is one row with the same text into a table of two
// columns. An effect writes two rows, intent and outcome, each with an index beside it.

import { join } from 'node:path';

import { median, rounded, shown, spread } from './lib/numbers.mjs';
import { startObjects } from './lib/objects.mjs';
import { inRoot, npmBin } from '../scripts/lib/paths.mjs';
import { end, freePort, keep } from '../scripts/lib/processes.mjs';
import { Failure } from '../scripts/lib/say.mjs';
import { pause } from './lib/stage.mjs';
import { answers } from './lib/workerd.mjs';

export const name = 'engine';
export const title = 'Engine';

/** Bytes of text in a row: a HubSpot task as it is journaled. */
const BYTES = 400;
const FULL = { effects: 1000, steps: 500, repetitions: 5, lengths: [10, 1000, 10_000], pickUps: 50 };
const QUICK = { effects: 200, steps: 100, repetitions: 2, lengths: [10, 1000], pickUps: 20 };
const TARGET_OF_INSERT = 2;
const LONGEST_WORKFLOW = 120_000;
/** Empty orders by which asking itself is measured. */
const ASKED = 9;

let fresh = 0;
/** The name of an object nobody has used. */
const object = (kind) => `${kind}-${(fresh += 1)}`;

const plan = (effects, more = {}) => ({ effects, bytes: BYTES, at_once: 1, wait_in_same_step: false, ...more });

/** Milliseconds that asking takes by itself; the first answers wake the object. */
async function asking(objects, target) {
  const took = [];
  for (let turn = 0; turn < ASKED; turn += 1) took.push((await objects.order(target, 'nothing')).ms);
  return median(took);
}

/** Milliseconds of one of `count`, without what asking costs. */
async function each(objects, kind, count, order) {
  const target = object(kind);
  const base = await asking(objects, target);
  const { ms } = await objects.order(target, order);
  return Math.max(0, ms - base) / count;
}

async function startWorkflows(stage) {
  const port = await freePort();
  const child = keep(
    npmBin('node'),
    [
      inRoot('node_modules', 'wrangler', 'bin', 'wrangler.js'),
      'dev', '--local',
      '--port', String(port),
      '--inspector-port', '0',
      '--persist-to', join(stage.folder, 'workflows'),
      '--show-interactive-dev-session=false',
    ],
    {
      cwd: inRoot('bench', 'peers', 'cloudflare-workflows'),
      log: join(stage.disk, 'workflows.log'),
      env: { WRANGLER_SEND_METRICS: 'false', CI: 'true', NO_COLOR: '1' },
    },
  );
  const url = `http://localhost:${port}`;
  await answers(url, child);
  return { url, stop: () => end(child) };
}

/** Milliseconds of one `step.do`, by the workflow's own clock. */
async function stepDo(workflows, steps) {
  const text = 'x'.repeat(BYTES);
  const started = await fetch(workflows.url, { method: 'POST', body: JSON.stringify({ steps, text }) });
  const { id } = await started.json();
  const until = Date.now() + LONGEST_WORKFLOW;
  for (;;) {
    const { status, output, error } = await (await fetch(`${workflows.url}/?id=${id}`)).json();
    if (status === 'complete') return (output.ended - output.began) / steps;
    if (status === 'errored' || Date.now() > until) {
      throw new Failure(`The Workflow did not complete: ${status} ${JSON.stringify(error)}`);
    }
    await pause(100);
  }
}

async function costs(objects, workflows, { effects, steps, repetitions }, progress) {
  const kinds = {
    insertDurable: () => each(objects, 'insert', effects, { insert: { rows: effects, bytes: BYTES, durable: true } }),
    effectDurable: () => each(objects, 'effect', effects, { run: { plan: plan(effects), durable: true } }),
    effectsSixAtOnceDurable: () =>
      each(objects, 'effect', effects, { run: { plan: plan(effects, { at_once: 6 }), durable: true } }),
    insertComputed: () => each(objects, 'insert', effects, { insert: { rows: effects, bytes: BYTES, durable: false } }),
    effectComputed: () => each(objects, 'effect', effects, { run: { plan: plan(effects), durable: false } }),
    stepDo: () => stepDo(workflows, steps),
  };
  const times = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []]));
  for (let repetition = 0; repetition <= repetitions; repetition += 1) {
    progress(`effects ${repetition} of ${repetitions}`);
    for (const [kind, measureOne] of Object.entries(kinds)) {
      const ms = await measureOne();
      // The first round compiles.
      if (repetition > 0) times[kind].push(ms);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([kind, ms]) => [kind, spread(ms.map((one) => one * 1000))]));
}

/** A run of so many effects: what was written, and what picking it up takes. */
async function length(objects, effects, { pickUps, repetitions }, progress) {
  const pickUp = [];
  const resume = [];
  const replay = [];
  let written;
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    progress(`a run of ${effects} effects: ${repetition + 1} of ${repetitions}`);
    const waiting = object('long');
    written = await objects.order(waiting, { run: { plan: plan(effects), durable: false } });
    const base = await asking(objects, waiting);
    const { ms } = await objects.order(waiting, { pick_up: { times: pickUps } });
    pickUp.push(Math.max(0, ms - base) / pickUps);
    resume.push(Math.max(0, (await objects.order(waiting, 'resume')).ms - base));
    const again = object('replay');
    await objects.order(again, { run: { plan: plan(effects, { wait_in_same_step: true }), durable: false } });
    // What resuming costs anyway is taken off; what is left is looking each effect up.
    replay.push(Math.max(0, (await objects.order(again, 'resume')).ms - base - resume.at(-1)) / effects);
  }
  const empty = await objects.order(object('empty'), { run: { plan: plan(0), durable: false } });
  return {
    effects,
    rows: written.rows,
    writtenBytesPerEffect: Math.round((written.written_bytes - empty.written_bytes) / effects),
    databaseBytesPerEffect: Math.round((written.database_bytes - empty.database_bytes) / effects),
    pickUpMs: spread(pickUp),
    resumeMs: spread(resume),
    replayMicrosecondsPerEffect: spread(replay.map((ms) => ms * 1000)),
  };
}

export async function measure(stage, { quick, progress }) {
  const amounts = quick ? QUICK : FULL;
  const objects = await startObjects(stage.folder);
  const onDisk = await startObjects(stage.disk);
  const workflows = await startWorkflows(stage);
  const microseconds = await costs(objects, workflows, amounts, progress);
  const disk = {
    insertDurable: [],
    effectDurable: [],
  };
  const few = Math.min(200, amounts.effects);
  for (let repetition = 0; repetition < amounts.repetitions; repetition += 1) {
    progress(`effects on disk ${repetition + 1} of ${amounts.repetitions}`);
    const insert = { insert: { rows: few, bytes: BYTES, durable: true } };
    disk.insertDurable.push((await each(onDisk, 'insert', few, insert)) * 1000);
    disk.effectDurable.push((await each(onDisk, 'effect', few, { run: { plan: plan(few), durable: true } })) * 1000);
  }
  await workflows.stop();
  await onDisk.stop();
  const lengths = [];
  for (const effects of amounts.lengths) lengths.push(await length(objects, effects, amounts, progress));
  await objects.stop();
  return {
    bytesOfText: BYTES,
    microseconds,
    onDiskMicroseconds: { insertDurable: spread(disk.insertDurable), effectDurable: spread(disk.effectDurable) },
    lengths,
  };
}

const times = (a, b) => rounded(a.median / b.median);

export function rows({ microseconds: of, onDiskMicroseconds: disk, lengths }) {
  const line = (label, cost, against) => [label, shown(cost, ' µs'), against ? `${times(cost, against)} ×` : ''];
  return {
    header: ['What', 'Each', 'Against the bare insert'],
    rows: [
      line('bare insert, durable', of.insertDurable),
      line('effect, durable', of.effectDurable, of.insertDurable),
      line('effect, durable, six under way', of.effectsSixAtOnceDurable, of.insertDurable),
      line('step.do of Cloudflare Workflows', of.stepDo, of.insertDurable),
      line('bare insert, computed', of.insertComputed),
      line('effect, computed', of.effectComputed, of.insertComputed),
      line('bare insert, durable on this disk', disk.insertDurable),
      line('effect, durable on this disk', disk.effectDurable, disk.insertDurable),
      ...lengths.flatMap((run) => [
        [`run of ${run.effects}: written for an effect`, `${run.writtenBytesPerEffect} bytes`, ''],
        [`run of ${run.effects}: picked up`, shown(run.pickUpMs, ' ms'), ''],
        [`run of ${run.effects}: resumed to its end`, shown(run.resumeMs, ' ms'), ''],
      ]),
      // Of a short run, what a look costs is lost in what asking costs.
      [
        `run of ${lengths.at(-1).effects}: step begun again, each effect`,
        shown(lengths.at(-1).replayMicrosecondsPerEffect, ' µs'),
        '',
      ],
    ],
  };
}

export function verdicts({ microseconds: of, onDiskMicroseconds: disk, lengths }) {
  const [shortest, longest] = [lengths[1] ?? lengths[0], lengths.at(-1)];
  const onDisk = times(disk.effectDurable, disk.insertDurable);
  return [
    {
      target: `an effect costs at most ${TARGET_OF_INSERT} times the bare durable insert`,
      found: `${onDisk} times on this disk, ${times(of.effectDurable, of.insertDurable)} where storage is memory and durability costs nothing`,
      met: onDisk <= TARGET_OF_INSERT,
    },
    {
      target: 'an effect costs less than a step of Cloudflare Workflows',
      found: `${times(of.stepDo, of.effectDurable)} times less`,
      met: of.effectDurable.median < of.stepDo.median,
    },
    {
      target: 'as much is written for an effect of a long run as of a short one',
      found: lengths.map((run) => `${run.writtenBytesPerEffect} bytes at ${run.effects}`).join(', '),
      met: longest.writtenBytesPerEffect <= shortest.writtenBytesPerEffect * 1.05,
    },
    {
      target: 'picking a run up costs its tail, not its history',
      found: lengths.map((run) => `${run.pickUpMs.median} ms at ${run.effects}`).join(', '),
      met: longest.pickUpMs.median <= shortest.pickUpMs.median * 2,
    },
  ];
}
