// Everything `npm run bench` measures, in the order it is shown.

import * as wholeRun from './whole_run.mjs';

export const MEASUREMENTS = [wholeRun];
