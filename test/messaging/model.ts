/**
 * The corrected module of SCTP.tla as a model in TypeScript: states, the actions that are enabled in a state, and what each makes of it. Queues hold tags: a message is
 * tagged with its place among those that were sent into its queue and not received yet, so a queue that is right holds 1, 2, ... n. That is the number in the order of
 * sending minus the number of messages received. The module never looks into a message, so nothing else about messages can matter, and the states are finite.
 *
 * `Operators` are the parts that the printed module has wrong. With one of the printed ones in place the invariants (invariants.ts) must fail.
 */

export type Queue = readonly number[];

/** A connection: the document's record without `src`, which no operator reads. */
export interface Conn {
  readonly id: number;
  readonly dst: number;
  readonly req: Queue;
  readonly res: Queue;
}

export interface State {
  /** Which servers run, by number. */
  readonly servers: readonly boolean[];
  /** The connections by id; the first place is never used. */
  readonly conns: readonly (Conn | undefined)[];
}

/** How large a model is. */
export interface Bounds {
  readonly servers: number;
  readonly conns: number;
  readonly queue: number;
}

export const kinds = [
  'start',
  'stop',
  'connect',
  'disconnect',
  'clientSend',
  'serverReceive',
  'serverReply',
  'serverHandle',
  'serverSend',
  'clientReceive',
  'clientReply',
  'clientHandle',
] as const;
export type Kind = (typeof kinds)[number];

/** A step: an action, and the server (start, stop, connect) or the connection that it is about. */
export interface Step {
  readonly kind: Kind;
  readonly of: number;
}

/** What a step makes of a state, and the message that it took, as it was tagged in its queue. */
export interface Outcome {
  readonly state: State;
  readonly delivered?: number | undefined;
}

/** The printed module says something that has no meaning in TLA+. */
export class Undefined extends Error {}

/** What the printed module has wrong. */
export interface Operators {
  /** The id of a connection to be. */
  readonly connId: (domain: readonly number[]) => number;
  readonly mayConnect: (state: State, server: number) => boolean;
  /** Whether Stop(server) leaves a connection. */
  readonly survives: (conn: Conn, server: number) => boolean;
  /** Whether a message is there to be received. */
  readonly mayReceive: (queue: Queue) => boolean;
  readonly tail: (queue: Queue) => Queue;
  /** What Reply leaves of the queue that it answers. */
  readonly replied: (queue: Queue) => Queue;
  /** The servers after an action that says nothing of them. */
  readonly unchanged: (servers: readonly boolean[]) => readonly boolean[];
  /** Whether Next takes steps at all. */
  readonly hasNext: boolean;
}

const smallest = (numbers: readonly number[]): number => Math.min(...numbers);
const largest = (numbers: readonly number[]): number => Math.max(...numbers);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

export const corrected: Operators = {
  // Min({i \in 1 .. (maxId + 1) : i \notin DOMAIN conns}) with maxId == Max(DOMAIN conns \cup {0})
  connId: (domain) => smallest(upTo(largest([...domain, 0]) + 1).filter((id) => !domain.includes(id))),
  mayConnect: (state, server) => state.servers[server] === true,
  survives: (conn, server) => conn.dst !== server,
  mayReceive: (queue) => queue.length > 0,
  tail: (queue) => queue.slice(1),
  replied: (queue) => queue.slice(1),
  unchanged: (servers) => servers,
  hasNext: true,
};

export function init({ servers, conns }: Bounds): State {
  return { servers: new Array(servers).fill(false), conns: new Array(conns + 1).fill(undefined) };
}

/** The tag of a message that is sent into a queue. */
const append = (queue: Queue): Queue => [...queue, (queue.at(-1) ?? 0) + 1];
/** Tags after the first message has gone. */
const renumbered = (queue: Queue): Queue => queue.map((message) => message - 1);

function withConn(state: State, operators: Operators, conn: Conn): State {
  const conns = [...state.conns];
  conns[conn.id] = conn;
  return { servers: operators.unchanged(state.servers), conns };
}

/** Every step that is enabled, with what it makes of the state. `find` is called for each. */
export function steps(state: State, bounds: Bounds, operators: Operators, find: (step: Step, outcome: Outcome) => void): void {
  if (!operators.hasNext) return;
  state.servers.forEach((runs, of) => {
    if (runs) find({ kind: 'stop', of }, { state: stopped(state, operators, of) });
    else find({ kind: 'start', of }, { state: { ...state, servers: state.servers.with(of, true) } });
    const connected = connect(state, bounds, operators, of);
    if (connected !== undefined) find({ kind: 'connect', of }, { state: connected });
  });
  for (const conn of state.conns) if (conn !== undefined) connSteps(state, bounds, operators, conn, find);
}

function stopped(state: State, operators: Operators, server: number): State {
  const conns = state.conns.map((conn) => (conn !== undefined && operators.survives(conn, server) ? conn : undefined));
  return { servers: state.servers.with(server, false), conns };
}

function connect(state: State, bounds: Bounds, operators: Operators, dst: number): State | undefined {
  const domain = state.conns.flatMap((conn) => (conn === undefined ? [] : [conn.id]));
  if (domain.length === bounds.conns || !operators.mayConnect(state, dst)) return undefined;
  return withConn(state, operators, { id: operators.connId(domain), dst, req: [], res: [] });
}

function connSteps(
  state: State,
  bounds: Bounds,
  operators: Operators,
  conn: Conn,
  find: (step: Step, outcome: Outcome) => void,
): void {
  const of = conn.id;
  const conns = state.conns.with(of, undefined);
  find({ kind: 'disconnect', of }, { state: { servers: operators.unchanged(state.servers), conns } });
  sideSteps(conn.req, conn.res, ['clientSend', 'serverReceive', 'serverReply', 'serverHandle'], (kind, req, res, delivered) =>
    find({ kind, of }, { state: withConn(state, operators, { ...conn, req, res }), delivered }),
  );
  sideSteps(conn.res, conn.req, ['serverSend', 'clientReceive', 'clientReply', 'clientHandle'], (kind, res, req, delivered) =>
    find({ kind, of }, { state: withConn(state, operators, { ...conn, req, res }), delivered }),
  );

  /** What can be done with one queue: one end sends into it, and the other receives of it and replies into `back`. */
  function sideSteps(
    queue: Queue,
    back: Queue,
    [send, receive, reply, handle]: readonly [Kind, Kind, Kind, Kind],
    found: (kind: Kind, queue: Queue, back: Queue, delivered?: number) => void,
  ): void {
    if (queue.length < bounds.queue) found(send, append(queue), back);
    if (!operators.mayReceive(queue)) return;
    found(receive, renumbered(operators.tail(queue)), back, queue[0]);
    if (back.length === bounds.queue) return;
    const left = operators.replied(queue);
    // What is left is numbered anew if something has gone.
    const after = left.length < queue.length ? renumbered(left) : left;
    found(reply, after, append(back), queue[0]);
    found(handle, after, append(back), queue[0]);
  }
}
