/** What each call of a script does on mailport. Counterpart of erlangTerms.ts and script_actor.erl. */
import { exit, type Pid, processInfo, type Ref, send } from 'mailport';
import {
  type AssocRef,
  type Getstat,
  type IoData,
  type OptionList,
  type SctpOpenOptions,
  type SctpOptions,
  type SctpSocket,
  type SendInfo,
  sctp,
} from 'mailport/sctp';
import { payload } from './bytes.js';
import type { MailportActor } from './mailportActor.js';
import type { Assoc, Data, Options } from './script.js';
import type { SideCall } from './side.js';

/** Scripts give right and wrong arguments, so they have no type: mailport has to find the wrong ones. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Any = any;

type Calls = { readonly [Name in SideCall[0]]: (actor: MailportActor, ...args: Any[]) => unknown };

const socket = (actor: MailportActor, name: string): SctpSocket => actor.side.value(name);

const assoc = (given: Assoc): AssocRef => (typeof given === 'object' ? { assocId: given.change as number } : (given as Any));

function data(given: Data): IoData {
  if (typeof given === 'string') return given;
  if (Array.isArray(given)) return given.map(data);
  const { bytes, seed = 0, not } = given as { bytes?: number; seed?: number; not?: unknown };
  return bytes === undefined ? ({ not } as Any) : payload(bytes, seed);
}

/** The options of `open` in the script, over those that all sockets of this side have. */
function openOptions(actor: MailportActor, given: Options): SctpOpenOptions | OptionList<SctpOpenOptions> {
  const { openOptions: stack } = actor.side;
  if (!Array.isArray(given)) return { ...stack, ...given };
  return [...Object.entries(stack), ...given] as Any;
}

/** Scripts mark host names in connects, because Erlang needs to tell them from addresses. */
const host = (given: Any): Any => (typeof given === 'object' && given !== null && 'host' in given ? given.host : given);

const sorted = (names: readonly (readonly [string, number])[]) => [...names].sort(([one], [other]) => (one < other ? -1 : 1));

export const mailportCalls: Calls = {
  open: async (actor, name, options) => {
    actor.side.opened(name, await sctp.open(actor.self, openOptions(actor, options) as SctpOpenOptions));
  },
  listen: (actor, of, backlog) => socket(actor, of).listen(backlog),
  connect: (actor, of, to, port, options, ms) => socket(actor, of).connect(host(to), port, options as SctpOptions, ms),
  connectInit: async (actor, of, to, port, options, ms) => ({
    type: 'id',
    assocId: await socket(actor, of).connectInit(host(to), port, options as SctpOptions, ms),
  }),
  connectxInit: async (actor, of, to, port, options) => ({
    type: 'id',
    assocId: await socket(actor, of).connectxInit(to, port, options as SctpOptions),
  }),
  connectTo: (actor, of, to, options) => socket(actor, of).connect(to, options as SctpOptions),
  connectxInitTo: async (actor, of, to, options) => ({
    type: 'id',
    assocId: await socket(actor, of).connectxInit(to, options as SctpOptions),
  }),
  getstat: (actor, of, names: (keyof Getstat)[]) => {
    const counters = socket(actor, of).getstat();
    return Object.fromEntries(names.map((name) => [name, counters[name]]));
  },
  send: (actor, of, to, stream, payload) => socket(actor, of).send(assoc(to), stream, data(payload)),
  sendInfo: (actor, of, info, payload) => socket(actor, of).send(info as SendInfo, data(payload)),
  // The actor that waits gives its self, so that its end ends the wait (RV-14).
  recv: (actor, of, ms) => socket(actor, of).recv(ms, actor.self),
  eof: (actor, of, to) => socket(actor, of).eof(assoc(to)),
  abort: (actor, of, to) => socket(actor, of).abort(assoc(to)),
  close: (actor, of) => socket(actor, of).close(actor.self),
  peeloff: (actor, of, to, peeled) => actor.side.opened(peeled, socket(actor, of).peeloff(actor.self, assoc(to))),
  controllingProcess: (actor, of, owner) => socket(actor, of).controllingProcess(actor.self, actor.side.value<Pid>(owner)),
  setopts: (actor, of, options) => socket(actor, of).setopts(options as SctpOptions),
  getopts: (actor, of, names) => socket(actor, of).getopts(names as never),
  sockname: (actor, of) => socket(actor, of).sockname(),
  socknames: (actor, of, to) => sorted(socket(actor, of).socknames(to === undefined ? to : assoc(to))),
  peername: (actor, of) => socket(actor, of).peername(),
  peernames: (actor, of, to) => sorted(socket(actor, of).peernames(to === undefined ? to : assoc(to))),
  port: (actor, of) => socket(actor, of).port,
  owner: (actor, of) => socket(actor, of).owner,
  isOpen: (actor, of) => socket(actor, of).isOpen,
  errorString: (_, code) => sctp.errorString(code),
  monitor: (actor, of, ref) => actor.side.name(ref, actor.self.monitor(socket(actor, of))),
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
  awaitClosed: () => undefined,
};
