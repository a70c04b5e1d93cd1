/** Every state that a model can reach, and every step between them. A state is one number: per connection its server and the lengths of its queues, and which servers run. */
import { broken, type Invariant } from './invariants.js';
import { type Bounds, type Conn, corrected, init, type Operators, type State, type Step, steps } from './model.js';

/** Contents of queues that are right, by length. */
const counted = Array.from({ length: 8 }, (_, length) => Array.from({ length }, (__, index) => index + 1));

/** States of one model as numbers. */
export class Coding {
  readonly #bounds: Bounds;
  readonly #perConn: number;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
    this.#perConn = 1 + bounds.servers * (bounds.queue + 1) ** 2;
  }

  encode({ servers, conns }: State): number {
    let code = 0;
    for (const runs of servers) code = 2 * code + Number(runs);
    for (let id = 1; id <= this.#bounds.conns; id += 1) code = code * this.#perConn + this.#conn(conns[id]);
    return code;
  }

  decode(code: number): State {
    const { servers: count, conns: most, queue } = this.#bounds;
    const conns: (Conn | undefined)[] = new Array(most + 1).fill(undefined);
    const lengths = queue + 1;
    let rest = code;
    for (let id = most; id >= 1; id -= 1) {
      const one = (rest % this.#perConn) - 1;
      rest = Math.floor(rest / this.#perConn);
      if (one < 0) continue;
      const [req, res] = [counted[Math.floor(one / lengths) % lengths]!, counted[one % lengths]!];
      conns[id] = { id, dst: Math.floor(one / lengths ** 2), req, res };
    }
    const servers = Array.from({ length: count }, (_, server) => (rest & (1 << (count - 1 - server))) !== 0);
    return { servers, conns };
  }

  #conn(conn: Conn | undefined): number {
    const lengths = this.#bounds.queue + 1;
    return conn === undefined ? 0 : 1 + (conn.dst * lengths + conn.req.length) * lengths + conn.res.length;
  }
}

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** The invariants that a step broke, each with the first such step. */
  readonly broken: ReadonlyMap<Invariant, Step>;
  /** How often each action was taken. */
  readonly taken: ReadonlyMap<string, number>;
}

/** Explores a model breadth first. With `operators` of the printed module it goes on from steps that break an invariant only if their state can be written down. */
export function explore(bounds: Bounds, operators: Operators = corrected): Exploration {
  const coding = new Coding(bounds);
  const first = coding.encode(init(bounds));
  const seen = new Set([first]);
  const queue = [first];
  const found = new Map<Invariant, Step>();
  const taken = new Map<string, number>();
  let transitions = 0;
  for (let next = 0; next < queue.length; next += 1) {
    const state = coding.decode(queue[next]!);
    steps(state, bounds, operators, (step, outcome) => {
      transitions += 1;
      taken.set(step.kind, (taken.get(step.kind) ?? 0) + 1);
      const wrong = broken(state, step, outcome);
      for (const invariant of wrong) if (!found.has(invariant)) found.set(invariant, step);
      if (wrong.length > 0) return;
      const code = coding.encode(outcome.state);
      if (seen.has(code)) return;
      seen.add(code);
      queue.push(code);
    });
  }
  return { states: seen.size, transitions, broken: found, taken };
}
