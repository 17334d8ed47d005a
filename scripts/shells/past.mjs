// A shell around the built Worker in which it is another day, for making what has happened before
// today. Owns the clock: what the Worker asks for the time is told the shell's, and when it asks to be
// woken at one it is woken at the wall's. The Worker itself knows nothing of it, and no other Worker
// than one that is started for this has its door.

import Onbehalf, * as built from 'built-worker';

import { DOOR } from './door.mjs';

const Wall = globalThis.Date;
/** How far the Worker's clock is behind the wall's. */
let behindMs = 0;

globalThis.Date = class Date extends Wall {
  constructor(...given) {
    super(...(given.length === 0 ? [Wall.now() - behindMs] : given));
  }

  static now() {
    return Wall.now() - behindMs;
  }
};

/** Has the alarms of all objects ring by the wall's clock. */
let alarmsFollow = (storage) => {
  const kind = Object.getPrototypeOf(storage);
  const set = kind.setAlarm;
  kind.setAlarm = function setAlarm(at, ...more) {
    return set.call(this, new Wall(Number(at) + behindMs), ...more);
  };
  alarmsFollow = () => {};
};

const inThePast = (Class) =>
  class extends Class {
    constructor(state, env) {
      alarmsFollow(state.storage);
      super(state, env);
    }
  };

export const RunObject = inThePast(built.RunObject);
export const PrincipalObject = inThePast(built.PrincipalObject);
export const AccountObject = inThePast(built.AccountObject);
export const PortalObject = inThePast(built.PortalObject);
export const ApprovalsObject = inThePast(built.ApprovalsObject);
export const ThreadObject = inThePast(built.ThreadObject);
export const ScheduleObject = inThePast(built.ScheduleObject);
export const KeySetObject = inThePast(built.KeySetObject);
export const SignInObject = inThePast(built.SignInObject);

export default class extends Onbehalf {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== DOOR) return super.fetch(request);
    behindMs = Number(searchParams.get('behindMs'));
    return Response.json({ now: new Date().toISOString() });
  }
}
