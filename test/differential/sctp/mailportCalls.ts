/** What each call of a script does on mailport. Counterpart of erlangCalls.ts. */
import {
  type AssocRef,
  type OptionList,
  type SctpOpenOptions,
  type SctpOptions,
  type SctpSocket,
  type SendInfo,
  sctp,
} from 'mailport/sctp';
import { type Any, ioData, type MailportActor, type MailportCalls, plainHost, sharedCalls } from '../harness/mailportActor.js';
import { MailportSide } from '../harness/mailportSide.js';
import type { ActorCall, Options, SocketCall } from '../harness/script.js';
import type { Assoc, SctpCall } from './script.js';

/** An option of `open` that scripts do not give: the stack. */
type Stack = SctpOpenOptions & { readonly stack: 'kernel' | 'embedded' };

/** mailport as a side that opens sockets of SCTP with further options. */
export function sctpSide(stack: Stack, homes?: readonly string[]): MailportSide {
  return new MailportSide(sctpCalls(stack), sctp.openSockets, stack.stack, homes);
}

const socket = (actor: MailportActor, name: string): SctpSocket => actor.socket(name);

const assoc = (given: Assoc): AssocRef => (typeof given === 'object' ? { assocId: given.change as number } : (given as Any));

/** The options of `open` in the script, over those that all sockets of this side have. */
function openOptions(stack: Stack, given: Options): SctpOpenOptions | OptionList<SctpOpenOptions> {
  if (!Array.isArray(given)) return { ...stack, ...given };
  return [...Object.entries(stack), ...given] as Any;
}

const sorted = (names: readonly (readonly [string, number])[]) => [...names].sort(([one], [other]) => (one < other ? -1 : 1));

const sctpCalls = (stack: Stack): MailportCalls<SctpCall | SocketCall | ActorCall> => ({
  ...sharedCalls,
  open: async (actor, name, options) => {
    actor.side.opened(name, await sctp.open(actor.self, openOptions(stack, options) as SctpOpenOptions));
  },
  listen: (actor, of, backlog) => socket(actor, of).listen(backlog),
  connect: (actor, of, to, port, options, ms) => socket(actor, of).connect(plainHost(to), port, options as SctpOptions, ms),
  connectInit: async (actor, of, to, port, options, ms) => ({
    type: 'id',
    assocId: await socket(actor, of).connectInit(plainHost(to), port, options as SctpOptions, ms),
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
  send: (actor, of, to, stream, payload) => socket(actor, of).send(assoc(to), stream, ioData(payload)),
  sendInfo: (actor, of, info, payload) => socket(actor, of).send(info as SendInfo, ioData(payload)),
  // The actor that waits gives its self, so that its end ends the wait (RV-14).
  recv: (actor, of, ms) => socket(actor, of).recv(ms, actor.self),
  eof: (actor, of, to) => socket(actor, of).eof(assoc(to)),
  abort: (actor, of, to) => socket(actor, of).abort(assoc(to)),
  peeloff: (actor, of, to, peeled) => actor.side.opened(peeled, socket(actor, of).peeloff(actor.self, assoc(to))),
  socknames: (actor, of, to) => sorted(socket(actor, of).socknames(to === undefined ? to : assoc(to))),
  peernames: (actor, of, to) => sorted(socket(actor, of).peernames(to === undefined ? to : assoc(to))),
  errorString: (_, code) => sctp.errorString(code),
});
