/** Looks into behaviours from outside, suspends them, and stops them. Mirrors sys(3). */
import { ask, charge, checkKeys, checkTimeout, find, type Handle, notSelf, refuse } from '../../runtime/behaviour.js';
import { type AnySelf, BadArg, CallError, isAlive, isSelf, type Name, type Pid, reply } from '../../runtime/index.js';
import { isSameReason } from './reasons.js';
import { printTrace, type SystemAnswer, type SystemRequest, type TraceSink } from './systemState.js';

export type { TraceEvent, TraceSink } from './systemState.js';

/** How many milliseconds a behaviour has to answer. sys.erl has 5,000. */
const answerMs = 5000;

/** The answer of `getStatus`. */
export interface BehaviourStatus {
  readonly status: 'running' | 'suspended';
  readonly state: unknown;
  /** How many events will still be traced. */
  readonly traced: number;
}

/** Options of `sys.trace`. */
export interface TraceOptions {
  /** How many events are traced, 1 or more. Then the trace ends, so that nobody has to remember to end it. */
  readonly limit: number;
  /** Called with each event. Without it the event is printed by the logger of the system. */
  readonly sink?: TraceSink;
}

const traceKeys = new Set(['limit', 'sink'] satisfies (keyof TraceOptions)[]);

/** A pid or a name, whatever messages its actor takes. */
type Target = Pid | Name<never> | string;

/**
 * Looks into a behaviour and controls it, by system messages. A behaviour takes a system message in turn with its other messages. Each function rejects with a
 * `CallError` if no answer comes within 5 seconds, or if the behaviour ends first. Actors that are no behaviours do not know system messages: they get
 * `['system', from, request]` like any other message.
 */
export const sys = {
  /** The state of a genServer or a supervisor, or the snapshot of a state machine. */
  getState(self: AnySelf, server: Target): Promise<unknown> {
    return request(self, server, ['get_state']);
  },

  /** Calls `replace` with the state to get a new one, and resolves to that. If `replace` throws, `replaceState` rejects with the error, and the state stays. */
  replaceState(self: AnySelf, server: Target, replace: (state: never) => unknown): Promise<unknown> {
    if (typeof replace !== 'function') throw new BadArg('replace', 'must be a function');
    return request(self, server, ['replace_state', replace as (state: unknown) => unknown]);
  },

  /** Whether the behaviour is running or suspended, its state, and how many events will still be traced. */
  getStatus(self: AnySelf, server: Target): Promise<BehaviourStatus> {
    return request(self, server, ['get_status']) as Promise<BehaviourStatus>;
  },

  /** Suspends the behaviour: until `resume` it takes only system messages and the exit signal of its parent. Other messages wait. */
  suspend(self: AnySelf, server: Target): Promise<void> {
    return request(self, server, ['suspend']) as Promise<void>;
  },

  /** Ends `suspend`. */
  resume(self: AnySelf, server: Target): Promise<void> {
    return request(self, server, ['resume']) as Promise<void>;
  },

  /**
   * Traces the messages that the behaviour takes, its new states, and the answers of a genServer, until `limit` events have been traced. A new trace replaces an
   * earlier one; false ends it. A sink that throws ends it too.
   */
  trace(self: AnySelf, server: Target, options: TraceOptions | false): Promise<void> {
    if (options === false) return request(self, server, ['no_trace']) as Promise<void>;
    if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object or false');
    checkKeys('options', options, traceKeys);
    const { limit, sink = printTrace } = options;
    if (!Number.isInteger(limit) || limit < 1) throw new BadArg('options.limit', 'must be an integer of 1 or more');
    if (typeof sink !== 'function') throw new BadArg('options.sink', 'must be a function');
    return request(self, server, ['trace', limit, sink]) as Promise<void>;
  },
} as const;

/**
 * Tells a behaviour to tidy up and to end with that reason, and resolves when it has. It also resolves if the behaviour ends with that reason by itself before
 * it takes the request. Reasons are compared by their contents. Mirrors gen_server:stop/3, and works for all behaviours.
 *
 * @param timeoutMs how long to wait, in milliseconds; Infinity unless given
 * @throws CallError (rejects) if it ends with another reason, there is no such behaviour ('noproc'), or it takes too long ('timeout'); then it may end later
 */
export function stop(
  self: AnySelf,
  server: Target,
  reason: unknown = 'normal',
  timeoutMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  checkTimeout('timeoutMs', timeoutMs);
  const pid = lookUp(self, server);
  return pid === undefined || !isAlive(pid) ? noproc(self, server) : end(self, pid, reason, timeoutMs);
}

async function end(self: AnySelf, pid: Pid, reason: unknown, timeoutMs: number): Promise<void> {
  const started = self.system.clock.now();
  const ref = self.monitor(pid);
  try {
    await request(self, pid, ['terminate', reason], timeoutMs);
  } catch (error) {
    // The behaviour may have ended by itself, with the very reason, before it took the request. Then all is well.
    const ended = await self.receive(reply(ref), { after: 0 });
    if (ended !== undefined && isSameReason(ended[4], reason)) return;
    self.demonitor(ref, { flush: true });
    throw error;
  }
  const left = timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : Math.max(0, timeoutMs - (self.system.clock.now() - started));
  const down = await self.receive(reply(ref), { after: left });
  if (down === undefined) {
    self.demonitor(ref, { flush: true });
    throw charge(new CallError(pid, 'timeout'), self);
  }
  if (!isSameReason(down[4], reason)) throw charge(new CallError(pid, down[4]), self);
}

function request(self: AnySelf, server: Target, what: SystemRequest, timeoutMs = answerMs): Promise<unknown> {
  const pid = lookUp(self, server);
  if (pid === undefined) return noproc(self, server);
  return ask(self as unknown as Handle, pid, 'system', what, timeoutMs).then((answer) => {
    const [outcome, value] = answer as SystemAnswer;
    if (outcome === 'error') throw value;
    return value;
  });
}

function noproc(self: AnySelf, server: Target): Promise<never> {
  return refuse(self as unknown as Handle, new CallError(server, 'noproc'));
}

function lookUp(self: AnySelf, server: Target): Pid | undefined {
  if (!isSelf(self)) throw new BadArg('self', notSelf);
  return find('server', server, self.system)?.pid as Pid | undefined;
}
