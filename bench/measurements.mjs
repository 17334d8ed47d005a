// Everything `npm run bench` measures, in the order it is shown.

import * as engine from './engine.mjs';
import * as firstPage from './first_page.mjs';
import * as memory from './memory.mjs';
import * as scale from './scale.mjs';
import * as startUp from './start_up.mjs';
import * as trigger from './trigger.mjs';
import * as turns from './turns.mjs';
import * as verification from './verification.mjs';
import * as wholeRun from './whole_run.mjs';

export const MEASUREMENTS = [wholeRun, trigger, turns, verification, engine, startUp, memory, scale, firstPage];
