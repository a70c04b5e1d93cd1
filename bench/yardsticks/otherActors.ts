/** Other actors for Node: nact's, and those of xstate that are made without a machine, which are its faster ones. Each run has a process of its own. */
import type { Yardstick } from '../case.js';
import { printedBy } from './printed.js';

export function nact(measurement: 'ping_pong' | 'flood' | 'query' | 'spawn_exit' | 'idle_memory'): Yardstick {
  return { name: 'nact', missing: () => undefined, measure: () => printedBy('nactActors', measurement) };
}

export function xstate(measurement: 'ping_pong' | 'flood' | 'spawn_exit' | 'idle_memory'): Yardstick {
  return { name: 'xstate', missing: () => undefined, measure: () => printedBy('xstateActors', measurement) };
}
