/**
 * The state diagram of a socket, as docs/repy.md draws it: random walks over a connection take its steps and no others, and what `willblock` says is what `send` and
 * `recv` then do. A model knows what was delivered, and every walk is checked against it.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { simulate } from 'mailport/testing';
import { expect, test } from 'vitest';
import type { RepySocket } from '../../actors/repy/index.js';
import { socketSteps } from '../../actors/repy/socketState.js';
import type { TcpSocket } from '../../actors/tcp/index.js';
import type { Simulation } from '../../runtime/simulation.js';
import { repeats } from '../support/effort.js';
import { simulated, there } from './stage.js';

type State = 'connected' | 'remoteClosed' | 'ended' | 'closed';
type Step = `${string} --> ${string} : ${string}`;

/** `from --> to : event`, for each event of each arrow. */
function drawn(): Set<string> {
  const document = readFileSync(new URL('../../docs/repy.md', import.meta.url), 'utf8');
  const [, diagram = ''] = /```mermaid\nstateDiagram-v2\n([\s\S]*?)```/.exec(document) ?? [];
  const steps = new Set<string>();
  for (const [, from, to, events = ''] of diagram.matchAll(/^ *(\w+) --> (\w+) : (.*)$/gm)) {
    for (const event of events.split(', ')) steps.add(`${from} --> ${to} : ${event}`);
  }
  return steps;
}

/** What a walker does: `bytes` are of a send or a recv. */
interface Act {
  readonly what: 'send' | 'recv' | 'willblock' | 'close' | 'remoteSend' | 'remoteRecv' | 'remoteClose';
  readonly bytes: number;
}

const acts: fc.Arbitrary<Act> = fc.record({
  what: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('send' as const, 'recv' as const, 'willblock' as const) },
    { weight: 3, arbitrary: fc.constantFrom('remoteSend' as const, 'remoteRecv' as const) },
    { weight: 1, arbitrary: fc.constantFrom('close' as const, 'remoteClose' as const) },
  ),
  bytes: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 300_000 })),
});

class Walker {
  state: State = 'connected';
  readonly steps: Set<string>;
  readonly #run: Simulation;
  readonly #near: RepySocket;
  readonly #far: TcpSocket;
  /** Bytes that the remote end has delivered, and that `recv` has not given yet; and the other way round. */
  #delivered = Buffer.alloc(0);
  #taken = Buffer.alloc(0);
  /** The remote end has closed with bytes unread, which resets the connection. */
  #isLost = false;
  #count = 0;

  constructor(run: Simulation, near: RepySocket, far: TcpSocket, steps: Set<string>) {
    this.#run = run;
    this.#near = near;
    this.#far = far;
    this.steps = steps;
  }

  async take({ what, bytes }: Act): Promise<void> {
    await this[what](bytes);
    await this.rest();
  }

  async rest(): Promise<void> {
    await this.#run.main.receive({ after: 10 });
  }

  async send(bytes: number): Promise<void> {
    const data = this.#fresh(bytes);
    if (this.#isOver) return this.#raises('send', this.#near.send(data));
    const [, blocks] = this.#near.willblock();
    const call = settled(this.#near.send(data));
    await this.rest();
    // What is blocked goes on when the remote end reads.
    expect(call.isBack()).toBe(!blocks);
    while (!call.isBack()) await this.remoteRecv();
    const outcome = await call.outcome;
    if (typeof outcome === 'number') {
      expect(outcome).toBeGreaterThan(0);
      expect(outcome).toBeLessThanOrEqual(bytes);
      this.#taken = Buffer.concat([this.#taken, data.subarray(0, outcome)]);
    } else {
      expect(outcome).toMatchObject({ reason: 'closed' });
      expect(this.state).toBe('remoteClosed');
    }
    this.#step('send');
  }

  async recv(bytes: number): Promise<void> {
    if (this.#isOver) return this.#raises('recv', this.#near.recv(bytes));
    const [blocks] = this.#near.willblock();
    const call = settled(this.#near.recv(bytes));
    await this.rest();
    expect(call.isBack()).toBe(!blocks);
    expect(blocks).toBe(this.state === 'connected' && this.#delivered.length === 0);
    if (blocks) await this.remoteSend(1 + (bytes % 7));
    const outcome = await call.outcome;
    if (Buffer.isBuffer(outcome)) {
      expect(outcome.length).toBeGreaterThan(0);
      expect(outcome.length).toBeLessThanOrEqual(bytes);
      expect(outcome.equals(this.#delivered.subarray(0, outcome.length))).toBe(true);
      this.#delivered = this.#delivered.subarray(outcome.length);
      this.#step('recv');
    } else {
      // All that was delivered has been read.
      expect(outcome).toMatchObject({ reason: 'closed', syscall: 'recv' });
      expect([this.state, this.#delivered.length]).toEqual(['remoteClosed', 0]);
      this.#step('recv of nothing', 'ended');
    }
  }

  async willblock(): Promise<void> {
    if (this.#isOver) {
      expect(() => this.#near.willblock()).toThrow(expect.objectContaining({ reason: 'closed' }));
      this.#step('willblock raises');
      return;
    }
    const [recv] = this.#near.willblock();
    expect(recv).toBe(this.state === 'connected' && this.#delivered.length === 0);
    this.#step('willblock');
  }

  async close(): Promise<void> {
    void this.#near.close();
    this.#step('close', 'closed');
  }

  async remoteSend(bytes: number): Promise<void> {
    if (!this.#far.isOpen || this.state === 'closed') return;
    const data = this.#fresh(bytes);
    const sent = this.#far.sendNow(data);
    this.#delivered = Buffer.concat([this.#delivered, data.subarray(0, sent)]);
  }

  /** The remote end reads something of what it was sent. */
  async remoteRecv(): Promise<void> {
    if (!this.#far.isOpen || !this.#far.readiness().receivable) return;
    const outcome = await settled(this.#far.recv(0, 0)).outcome;
    if (!Buffer.isBuffer(outcome)) return;
    // A send that is blocked has sent nothing yet, and is noted when it is back.
    if (outcome.length > this.#taken.length) this.#ahead = Buffer.concat([this.#ahead, outcome]);
    else {
      expect(outcome.equals(this.#taken.subarray(0, outcome.length))).toBe(true);
      this.#taken = this.#taken.subarray(outcome.length);
    }
    await this.rest();
  }

  async remoteClose(): Promise<void> {
    if (this.state !== 'connected') return;
    this.#isLost = this.#far.readiness().receivable;
    void this.#far.close();
    this.#step('remote close', 'remoteClosed');
  }

  /** "The remote end of the socket will still be able to call recv until all data previously delivered is read." */
  async finish(): Promise<void> {
    if (this.state !== 'closed') await this.close();
    while (this.#far.isOpen && !this.#isLost) {
      await this.rest();
      const outcome = await settled(this.#far.recv(0, 10_000)).outcome;
      if (!Buffer.isBuffer(outcome)) break;
      this.#ahead = Buffer.concat([this.#ahead, outcome]);
    }
    if (this.#far.isOpen) expect(this.#ahead.equals(this.#taken)).toBe(true);
  }

  /** What the remote end has read of bytes that were not noted yet. */
  #ahead = Buffer.alloc(0);

  get #isOver(): boolean {
    return this.state === 'ended' || this.state === 'closed';
  }

  #fresh(bytes: number): Buffer {
    this.#count += 1;
    return Buffer.alloc(bytes, `${this.#count} `);
  }

  async #raises(event: string, call: Promise<unknown>): Promise<void> {
    expect(await settled(call).outcome).toMatchObject({ reason: 'closed', syscall: event });
    this.#step(`${event} raises`);
  }

  #step(event: string, to: State = this.state): void {
    const step: Step = `${this.state} --> ${to} : ${event}`;
    this.steps.add(step);
    this.state = to;
    // The machine of the sources has not more states than it can know.
    expect(this.#near.state).toBe(to === 'remoteClosed' ? 'connected' : to);
  }
}

/** A call that may not come back, and its outcome: a value or an error. */
function settled(call: Promise<unknown>): { isBack: () => boolean; outcome: Promise<unknown> } {
  let isBack = false;
  const outcome = call
    .catch((error: unknown) => error)
    .finally(() => {
      isBack = true;
    });
  return { isBack: () => isBack, outcome };
}

const walked = new Set<string>();

async function walk(seed: number, path: readonly Act[]): Promise<void> {
  await simulate(
    async (run) => {
      const { repy, remote } = simulated(run);
      const options = { active: false, recbuf: 8192, sndbuf: 8192 } as const;
      const listener = await remote.tcp.listen(run.main, 80, options);
      const near = await repy.openconn(there[0], 80);
      const walker = new Walker(run, near, await listener.accept(run.main), walked);
      for (const act of path) await walker.take(act);
      await walker.finish();
      await near.close();
      expect([repy.tcp_conn_table, repy.info().sockets.free]).toEqual([[], 10]);
    },
    { seed },
  );
}

test('random walks take the steps of the diagram and no others, and find every one', async () => {
  const path = fc.array(acts, { minLength: 3, maxLength: 25 });
  await fc.assert(fc.asyncProperty(fc.nat(1_000_000), path, walk), { numRuns: repeats(150) });
  const steps = drawn();
  expect([...walked].filter((step) => !steps.has(step))).toEqual([]);
  expect([...steps].filter((step) => !walked.has(step))).toEqual([]);
}, 120_000);

test('the machine of the sources has the states of the diagram that this end can know', () => {
  const arrows = [...drawn()].map((step) => step.replaceAll('remoteClosed', 'connected'));
  const known = new Map([
    ['recv of nothing', 'end'],
    ['close', 'close'],
  ]);
  const ofDiagram = new Set<string>();
  for (const arrow of arrows) {
    const [, from = '', to = '', event = ''] = /^(\w+) --> (\w+) : (.*)$/.exec(arrow) ?? [];
    const name = known.get(event);
    if (name !== undefined && from !== to) ofDiagram.add(`${from} ${name} ${to}`);
  }
  const ofMachine = [...socketSteps].flatMap(([from, steps]) => [...steps].map(([event, to]) => `${from} ${event} ${to}`));
  expect([...ofDiagram].sort()).toEqual(ofMachine.sort());
});
