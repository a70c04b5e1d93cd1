/** Looking into behaviours, and holding them up, from outside. Mirrors sys(3). */
import { ask, charge, checkKeys, checkTimeout, find, type Handle, notSelf, refuse } from '../../runtime/behaviour.js';
import { type AnySelf, BadArg, CallError, isAlive, isSelf, type Name, type Pid, reply } from '../../runtime/index.js';
import { isSameReason } from './reasons.js';
import { printTrace, type SystemAnswer, type SystemRequest, type TraceSink } from './systemState.js';

export type { TraceEvent, TraceSink } from './systemState.js';

/** Milliseconds that a behaviour has to answer. sys.erl: 5,000. */
const answerMs = 5000;

/** A behaviour as `getStatus` tells of it. */
export interface BehaviourStatus {
  readonly status: 'running' | 'suspended';
  readonly state: unknown;
  /** Events that will still be traced. */
  readonly traced: number;
}

export interface TraceOptions {
  /** So many events are traced, and then no more: nobody has to remember to turn it off. 1 or more. */
  readonly limit: number;
  /** What is done with each. Prints it on standard error unless given. */
  readonly sink?: TraceSink;
}

const traceKeys = new Set(['limit', 'sink'] satisfies (keyof TraceOptions)[]);

/** A pid or a name, of whatever type. */
type Target = Pid | Name<never> | string;

/**
 * Each sends a system message, which a behaviour takes in its turn among its messages, and rejects with a `CallError` if there is no answer within
 * 5 seconds or the behaviour ends. To actors that are no behaviours it is a message like any other, `['system', from, request]`.
 */
export const sys = {
  /** The state of a genServer or supervisor, the snapshot of a state machine. */
  getState(self: AnySelf, server: Target): Promise<unknown> {
    return request(self, server, ['get_state']);
  },

  /** Gives it another state, made from the present one, and resolves to that. What `replace` throws this rejects with, and the state stays. */
  replaceState(self: AnySelf, server: Target, replace: (state: never) => unknown): Promise<unknown> {
    if (typeof replace !== 'function') throw new BadArg('replace', 'must be a function');
    return request(self, server, ['replace_state', replace as (state: unknown) => unknown]);
  },

  /** What it is doing. */
  getStatus(self: AnySelf, server: Target): Promise<BehaviourStatus> {
    return request(self, server, ['get_status']) as Promise<BehaviourStatus>;
  },

  /** It takes system messages only, and what its parent wants; others wait until `resume`. */
  suspend(self: AnySelf, server: Target): Promise<void> {
    return request(self, server, ['suspend']) as Promise<void>;
  },

  resume(self: AnySelf, server: Target): Promise<void> {
    return request(self, server, ['resume']) as Promise<void>;
  },

  /**
   * Tells of messages taken, new states, and answers that a genServer's results give: of so many and no more. Replaces an earlier trace; false ends it, and
   * so does a sink that throws.
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
 * Ends a behaviour with that reason, after it has tidied up, and resolves when it has ended with that reason, if need be by itself before it came to the request.
 * Reasons are compared by what they hold. Mirrors gen_server:stop/3, which serves all behaviours.
 *
 * @param timeoutMs milliseconds, Infinity unless given
 * @throws CallError (rejects) if it ends with another reason, there is none ('noproc'), or it takes longer ('timeout'), in which case it may end later
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
    // It may have ended by itself before it took the request, and with the reason that was asked for: all is as it should be.
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
