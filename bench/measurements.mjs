// Everything `npm run bench` measures, in the order it is shown.

import * as trigger from './trigger.mjs';
import * as wholeRun from './whole_run.mjs';

export const MEASUREMENTS = [wholeRun, trigger];
