/**
 * Traces of the model, performed by the real implementation over each transport; all state is compared after each step. The traces are the beginnings of one walk that takes
 * every step of the graph of a model at least once. So for each step of the graph there is a trace that ends with it, and over each transport there are more than 10,000.
 *
 * A real server or connection takes a hundred times as long to make as a message takes to send. So the graphs of real transports have many messages, or many connections.
 */
import { describe, expect, test } from 'vitest';
import type { Bounds } from './model.js';
import { isInLab, transports } from './transports.js';
import { type Walked, walk } from './walk.js';
import { World } from './world.js';

/** A model, and how many steps its graph has. */
type Replayed = Bounds & { readonly traces: number };

const real: readonly Replayed[] = [
  { servers: 2, conns: 3, queue: 0, traces: 218 },
  { servers: 2, conns: 2, queue: 2, traces: 6920 },
  { servers: 1, conns: 2, queue: 3, traces: 3723 },
];
const simulated: readonly Replayed[] = [
  { servers: 2, conns: 3, queue: 1, traces: 12_692 },
  { servers: 1, conns: 1, queue: 3, traces: 119 },
];

/** Walks take time to find, and several transports take the same. */
const walks = new Map<Replayed, readonly Walked[]>();

function walkOf(model: Replayed): readonly Walked[] {
  const known = walks.get(model) ?? walk(model);
  walks.set(model, known);
  return known;
}

/** How many traces ended as none before. */
async function replay(world: World, walked: readonly Walked[]): Promise<number> {
  let traces = 0;
  for (const [index, { step, state, isNew }] of walked.entries()) {
    await world.take(step);
    const wrong = world.differences(state);
    if (wrong.length > 0) throw new Error(`after step ${index + 1}, ${step.kind} of ${step.of}: ${wrong.join('; ')}`);
    traces += Number(isNew);
  }
  return traces;
}

describe.each(transports())('over $name', ({ name, transport }) => {
  // The lab would take minutes for the largest one.
  const models = name.startsWith('simulated') ? simulated : isInLab ? real.filter(({ traces }) => traces < 5000) : real;

  test.skipIf(isInLab)('there are 10,000 traces and more', () => {
    expect(models.reduce((sum, { traces }) => sum + traces, 0)).toBeGreaterThan(10_000);
  });

  test.each(models)(
    'each step of the model does the same to the real servers and connections: $servers servers, $conns connections, queues of $queue',
    { timeout: isInLab ? 600_000 : 120_000 },
    async (model) => {
      const world = new World(transport);
      try {
        expect(await replay(world, walkOf(model))).toBe(model.traces);
      } finally {
        await world.end();
      }
    },
  );
});
