/** All scenarios, by subject. */
import type { Scenario } from '../scenario.js';
import { calls } from './calls.js';
import { exits } from './exits.js';
import { links } from './links.js';
import { monitors } from './monitors.js';
import { receives } from './receives.js';
import { registry } from './registry.js';
import { serverCalls } from './serverCalls.js';
import { serverEnds } from './serverEnds.js';
import { serverStarts } from './serverStarts.js';
import { significantChildren } from './significantChildren.js';
import { simpleSupervisors } from './simpleSupervisors.js';
import { supervisorCalls } from './supervisorCalls.js';
import { supervisorLimits } from './supervisorLimits.js';
import { supervisorRestarts } from './supervisorRestarts.js';
import { supervisorStarts } from './supervisorStarts.js';
import { timers } from './timers.js';

export const subjects: Readonly<Record<string, readonly Scenario[]>> = {
  links,
  exits,
  monitors,
  receives,
  registry,
  timers,
  calls,
  serverCalls,
  serverStarts,
  serverEnds,
  supervisorStarts,
  supervisorRestarts,
  supervisorLimits,
  supervisorCalls,
  simpleSupervisors,
  significantChildren,
};
