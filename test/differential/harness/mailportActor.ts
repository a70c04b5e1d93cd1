/** An actor of mailport that performs the calls of a script, and the calls that all transports have. Counterpart of script_actor.erl. */
import { exit, type Pid, processInfo, type Ref, type Self, send } from 'mailport';
import { payload } from './bytes.js';
import type { ActorCall, AnyCall, Data, SocketCall } from './script.js';

/** What the calls of all transports need of a socket. */
export interface AnySocket {
  readonly port: number;
  readonly owner: Pid | undefined;
  readonly isOpen: boolean;
  close(self?: Self<unknown>): unknown;
  setopts(options: never): void;
  getopts(names: never): unknown;
  sockname(): unknown;
  peername(): unknown;
  getstat(): unknown;
}

/** The values that the names of a script stand for, as calls need them. */
export interface MailportValues {
  /** The value of a name. Anything that is no name stands for itself. */
  value<T>(name: unknown): T;
  /** Names a new socket. */
  opened(name: string, socket: AnySocket): void;
  /** Names any other value. */
  name(name: string, value: unknown): void;
  /** Resolves when the actor of that name has ended, and its links and monitors have been told. */
  ended(name: string): Promise<void>;
}

/** The actor that performs steps, with the names that it shares with the others. */
export class MailportActor {
  readonly side: MailportValues;
  readonly name: string;
  readonly self: Self<unknown>;

  constructor(side: MailportValues, name: string, self: Self<unknown>) {
    this.side = side;
    this.name = name;
    this.self = self;
  }

  socket<S = AnySocket>(name: string): S {
    return this.side.value(name);
  }
}

/** Scripts give right and wrong arguments, so they have no type: mailport has to find the wrong ones. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Any = any;

/** By the name of a call, what it does. */
export type MailportCalls<Call extends AnyCall = AnyCall> = {
  readonly [Name in Call[0]]: (actor: MailportActor, ...args: Any[]) => unknown;
};

/** Payload of a script. */
export function ioData(given: Data): Any {
  if (typeof given === 'string') return given;
  if (Array.isArray(given)) return given.map(ioData);
  const { bytes, seed = 0, not } = given as { bytes?: number; seed?: number; not?: unknown };
  return bytes === undefined ? { not } : payload(bytes, seed);
}

/** Scripts mark host names, because Erlang needs to tell them from addresses. */
export const plainHost = (given: Any): Any =>
  typeof given === 'object' && given !== null && 'host' in given ? given.host : given;

/** Scripts write the value of a raw option as numbers. */
function withBytes(options: Any): Any {
  if (!Array.isArray(options?.raw)) return options;
  const [level, option, value] = options.raw;
  return { ...options, raw: [level, option, Uint8Array.from(value)] };
}

export const sharedCalls: MailportCalls<SocketCall | ActorCall> = {
  close: (actor, of) => actor.socket(of).close(actor.self),
  controllingProcess: (actor, of, owner) => actor.socket<Any>(of).controllingProcess(actor.self, actor.side.value<Pid>(owner)),
  setopts: (actor, of, options) => actor.socket(of).setopts(withBytes(options) as never),
  getopts: (actor, of, names) => actor.socket(of).getopts(names as never),
  sockname: (actor, of) => actor.socket(of).sockname(),
  peername: (actor, of) => actor.socket(of).peername(),
  port: (actor, of) => actor.socket(of).port,
  owner: (actor, of) => actor.socket(of).owner,
  isOpen: (actor, of) => actor.socket(of).isOpen,
  getstat: (actor, of, names: string[]) => {
    const counters = actor.socket<Any>(of).getstat();
    return Object.fromEntries(names.map((name) => [name, counters[name]]));
  },
  monitor: (actor, of, ref) => actor.side.name(ref, actor.self.monitor(actor.socket<Any>(of))),
  awaitClosed: () => undefined,
  demonitor: (actor, ref) => actor.self.demonitor(actor.side.value<Ref>(ref)),
  trapExit: (actor, trap) => {
    actor.self.trapExit = trap;
  },
  tell: (actor, to, message) => send(actor.side.value<Pid<unknown>>(to), message),
  receive: async (actor, count = 1) => {
    const messages: unknown[] = [];
    while (messages.length < count) messages.push(await actor.self.receive());
    return messages;
  },
  // Looks in every turn of the loop, because nothing tells of a message without taking it.
  awaitMessages: async ({ self }, count) => {
    while ((processInfo(self.pid)?.mailboxLength ?? count) < count) await new Promise((resolve) => setImmediate(resolve));
  },
  mailbox: (actor) => {
    const messages: unknown[] = [];
    for (let message = actor.self.receiveNow(); message !== undefined; message = actor.self.receiveNow()) messages.push(message);
    return messages;
  },
  exit: (actor, reason) => actor.self.exit(reason),
  exitOther: (actor, other, reason) => exit(actor.side.value<Pid>(other), reason),
  awaitEnd: (actor, other) => actor.side.ended(other),
};
