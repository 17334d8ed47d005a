// A shell around the built Worker that adds three doors for measuring and changes nothing else:
// how much memory its wasm holds, the daily tick as the platform's cron would ring it, and a bare
// answer. The Worker itself has no such doors.

import './memory_probe.mjs';
import Onbehalf from './index.js';

import { wasmBytes } from './memory_probe.mjs';

export * from './index.js';

export default class extends Onbehalf {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/bench/memory') return Response.json({ wasmBytes: wasmBytes() });
    if (pathname === '/bench/tick') {
      await super.scheduled({ scheduledTime: Number(searchParams.get('at')), cron: '0 8 * * *' });
      return Response.json({ rung: true });
    }
    return super.fetch(request);
  }
}
