/** Erlang's own actors: one of the functions of actors.erl, in a virtual machine started for the run. */
import { dirname } from 'node:path';
import type { Yardstick } from '../case.js';
import { build, installed, number, output } from './program.js';

const limitMs = 60_000;

type Benchmark =
  | 'ping_pong'
  | 'flood'
  | 'selective'
  | 'selective_100k'
  | 'call'
  | 'request'
  | 'spawn_exit'
  | 'link_storm'
  | 'timers'
  | 'timers_fire'
  | 'idle_memory';

export function erlang(benchmark: Benchmark): Yardstick {
  return {
    name: 'erlang',
    missing: () =>
      installed('erl') === undefined || installed('erlc') === undefined ? 'erlang-base is not installed' : undefined,
    measure: async () => {
      const beam = build('actors.erl', 'actors.beam', (from, to) => ['erlc', '-o', dirname(to), from]);
      return number(await output(['erl', '-noshell', '-pa', dirname(beam), '-run', 'actors', 'main', benchmark], limitMs));
    },
  };
}
