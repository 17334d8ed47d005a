// A shell around the built Worker that adds two doors for measuring: how much memory its wasm holds,
// and the daily tick as the platform's cron would ring it. The Worker itself has no such doors. And
// it binds rate limits that nobody meets: workerd has none of its own, Cloudflare counts elsewhere.

import './memory_probe.mjs';
import Onbehalf, * as built from './index.js';

import { wasmBytes } from './memory_probe.mjs';

class Ratelimit {
  async limit() {
    return { success: true };
  }
}

const LIMITS = Object.fromEntries(
  ['LIMIT_RUNS', 'LIMIT_CALLS', 'LIMIT_READS', 'LIMIT_PAGES', 'LIMIT_WEBHOOKS']
    .map((name) => [name, new Ratelimit()]),
);

const limited = (Class) =>
  class extends Class {
    constructor(state, env) {
      super(state, { ...env, ...LIMITS });
    }
  };

export const RunObject = limited(built.RunObject);
export const PrincipalObject = limited(built.PrincipalObject);
export const AccountObject = limited(built.AccountObject);
export const PortalObject = limited(built.PortalObject);
export const ApprovalsObject = limited(built.ApprovalsObject);
export const ThreadObject = limited(built.ThreadObject);
export const ScheduleObject = limited(built.ScheduleObject);
export const KeySetObject = limited(built.KeySetObject);
export const SignInObject = limited(built.SignInObject);

export default class extends limited(Onbehalf) {
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
