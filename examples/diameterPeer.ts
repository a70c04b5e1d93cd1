/**
 * One Diameter peer and the association with it, as a state machine (RFC 6733 §5.6). The two ends exchange capabilities, a watchdog sees whether the peer is there
 * (RFC 3539), requests go both ways, and an end that wants to leave says so. In the RFC's names of states, I is the end that associates and R the other end.
 * There is no election, because each association has an actor of its own.
 */
import { type AnySelf, type MachineMessage, type Pid, send, stateMachine } from 'mailport';
import { fromPromise, not, setup } from 'xstate';
import type { Association } from './associations.js';
import { avp, get } from './diameterAvps.js';
import { type Avp, DiameterError, type DiameterMessage, encodeDiameter, resultCodes } from './diameterCodec.js';
import type { DiameterEvent, PeerRequest } from './diameterEvents.js';
import {
  answer,
  baseRequest,
  type Capabilities,
  capabilities,
  checkKnown,
  command,
  disconnectCause,
  type Identity,
  origin,
  readCapabilities,
  refusal,
  resultOf,
} from './diameterMessages.js';
import { Pending } from './diameterPending.js';

/** The messages that the user of a peer receives. */
export type PeerIndication = readonly [tag: 'diameter', peer: Peer, what: PeerNews];
export type PeerNews =
  | { readonly type: 'open'; readonly peer: Capabilities }
  | { readonly type: 'closed'; readonly why: string }
  /** The peer has answered the watchdog. */
  | { readonly type: 'watchdog' };

export type Peer = Pid<MachineMessage<PeerRequest>>;

export interface PeerConfig {
  readonly identity: Identity;
  readonly user: Pid<PeerIndication>;
  /** Gives the AVPs of the answer to a request. A `DiameterError` that it throws is the answer. Any other error is a fault, and ends this peer. */
  readonly serve: (request: DiameterMessage) => readonly Avp[];
  /** Tw of RFC 3539: milliseconds of silence after which a watchdog is sent. */
  readonly watchdogEveryMs?: number;
  /** Milliseconds within which the peer must then say something. */
  readonly watchdogWithinMs?: number;
  /** Milliseconds within which the peer must answer capabilities and farewells. */
  readonly answerMs?: number;
  /** Tc (§2.1): milliseconds after which the end that began a lost association tries again. */
  readonly reconnectMs?: number;
}

export const peerDefaults = { watchdogEveryMs: 30_000, watchdogWithinMs: 30_000, answerMs: 10_000, reconnectMs: 30_000 } as const;

/**
 * All states in one place, as the RFC has them. `begin` associates, or is an association that the peer has begun and that will be handed over.
 */
export function peerMachine(self: AnySelf, config: Required<PeerConfig>, begin: Association | (() => Promise<Association>)) {
  const { identity, user, serve, watchdogEveryMs, watchdogWithinMs, answerMs, reconnectMs } = config;
  const own = self.pid as Peer;
  const isInitiator = typeof begin === 'function';
  let association = isInitiator ? undefined : begin;
  const pending = new Pending();
  /** The peer, if its capabilities and ours have something in common. */
  let met: Capabilities | undefined;

  const tell = (what: PeerNews): void => send(user, ['diameter', own, what]);
  const say = (message: DiameterMessage): void => association?.say(encodeDiameter(message));
  const ask = (code: number, avps: readonly Avp[]): void => say(pending.numbered(baseRequest(code, avps)));
  const ourCapabilities = (): readonly Avp[] => {
    const addresses = association!.socket.socknames().map(([ip]) => ip);
    return capabilities(identity, addresses);
  };
  /** Answers a request by what `make` gives, or by the error that it throws. */
  const respond = (to: DiameterMessage, make: () => readonly Avp[]): void => {
    try {
      say(answer(to, 'success', make()));
    } catch (error) {
      if (!(error instanceof DiameterError)) throw error;
      say(refusal(to, identity, error));
    }
  };

  return setup({
    types: { events: {} as DiameterEvent },
    actors: { associate: fromPromise(() => (begin as () => Promise<Association>)()) },
    delays: { watchdogEveryMs, watchdogWithinMs, answerMs, reconnectMs },
    guards: {
      isInitiator: () => isInitiator,
      haveMet: () => met !== undefined,
      isUnreadable: ({ event }) => event.type === 'malformed' && event.error.header === undefined,
      isRebooting: ({ event }) => event.type === 'diameter.DPR' && causeOf(event.message) === disconnectCause.rebooting,
    },
    actions: {
      more: () => association?.more(),
      hangUp: () => association?.socket.close(),
      closed: (_, why: string) => tell({ type: 'closed', why }),
      lost: ({ event }) => {
        if (event.type === 'association.lost') tell({ type: 'closed', why: event.why });
        if (event.type === 'malformed') tell({ type: 'closed', why: event.error.message });
      },
      postpone: stateMachine.postpone,
      sendCer: () => ask(command.capabilitiesExchange, ourCapabilities()),
      sendDwr: () => ask(command.deviceWatchdog, origin(identity)),
      sendDpr: () =>
        ask(command.disconnectPeer, [...origin(identity), avp('disconnectCause', disconnectCause.doNotWantToTalkToYou)]),
      repeat: () => {
        for (const message of pending.again()) say(message);
      },
      /** Looks at a CER or a CEA: do the peer and we have an application in common? */
      meet: ({ event }) => {
        met = undefined;
        if (event.type !== 'diameter.CER' && event.type !== 'diameter.CEA') return;
        const { message } = event;
        const read = (): readonly Avp[] => {
          checkKnown(message);
          met = readCapabilities(message, identity);
          return ourCapabilities();
        };
        if (event.type === 'diameter.CER') respond(message, read);
        else if (!readAnswer(message, read)) met = undefined;
      },
      refuse: ({ event }) => {
        if (event.type !== 'malformed' || event.error.header?.isRequest !== true) return;
        say(refusal(event.error.header, identity, event.error));
      },
    },
  }).createMachine({
    initial: isInitiator ? 'connecting' : 'waiting',
    on: {
      'association.passive': { actions: 'more' },
      request: { actions: 'postpone' },
      leave: '.ended',
    },
    states: {
      waiting: { on: { 'association.yours': { target: '#waitingCer', actions: 'more' } } },
      connecting: {
        invoke: {
          src: 'associate',
          onDone: {
            target: '#waitingCea',
            actions: ({ event }) => {
              association = event.output;
              association.more();
            },
          },
          onError: { target: 'closed', actions: ({ event }) => tell({ type: 'closed', why: String(event.error) }) },
        },
      },
      up: {
        exit: 'hangUp',
        initial: 'waitingCer',
        on: {
          'association.lost': { target: 'closed', actions: 'lost' },
          malformed: [
            // SCTP says where a message begins and ends. So a peer that sends less than a header does not speak Diameter.
            { guard: 'isUnreadable', target: 'closed', actions: 'lost' },
            { actions: 'refuse' },
          ],
        },
        states: {
          waitingCea: {
            id: 'waitingCea',
            entry: 'sendCer',
            on: { 'diameter.CEA': { target: 'meeting', actions: 'meet' } },
            after: { answerMs: { target: '#closed', actions: closedBy('no answer to our capabilities') } },
          },
          waitingCer: {
            id: 'waitingCer',
            on: {
              'diameter.CER': { target: 'meeting', actions: 'meet' },
              // §5.6: any message that comes before it ends the association.
              'diameter.*': { target: '#closed', actions: closedBy('capabilities were to come first') },
            },
            after: { answerMs: { target: '#closed', actions: closedBy('no capabilities') } },
          },
          meeting: {
            always: [
              { guard: 'haveMet', target: 'open', actions: () => tell({ type: 'open', peer: met! }) },
              { target: '#closed', actions: closedBy('the peer and we have nothing in common') },
            ],
          },
          open: {
            entry: 'repeat',
            initial: 'quiet',
            // Any message shows that the peer is there, and the watchdog may rest (RFC 3539 §3.4.1).
            on: {
              'diameter.CER': { target: '.quiet', actions: ({ event }) => respond(event.message, ourCapabilities) },
              'diameter.DWR': { target: '.quiet', actions: ({ event }) => respond(event.message, () => origin(identity)) },
              'diameter.DWA': { target: '.quiet', actions: () => tell({ type: 'watchdog' }) },
              'diameter.DPR': [
                { guard: 'isRebooting', target: 'left', actions: ({ event }) => respond(event.message, () => origin(identity)) },
                { target: 'dismissed', actions: ({ event }) => respond(event.message, () => origin(identity)) },
              ],
              'diameter.request': {
                target: '.quiet',
                actions: ({ event: { message } }) =>
                  respond(message, () => {
                    if (!identity.applications.includes(message.applicationId)) {
                      throw new DiameterError('applicationUnsupported', String(message.applicationId));
                    }
                    checkKnown(message);
                    return [...origin(identity), ...serve(message)];
                  }),
              },
              'diameter.answer': { target: '.quiet', actions: ({ event }) => pending.answered(event.message) },
              'diameter.*': '.quiet',
              request: { actions: ({ event }) => say(pending.add(event.message, event.from)) },
              leave: 'closing',
            },
            states: {
              quiet: { after: { watchdogEveryMs: 'asked' } },
              asked: {
                entry: 'sendDwr',
                after: { watchdogWithinMs: { target: '#closed', actions: closedBy('the watchdog was not answered') } },
              },
            },
          },
          closing: {
            entry: 'sendDpr',
            on: {
              'diameter.answer': { actions: ({ event }) => pending.answered(event.message) },
              'diameter.DPA': '#ended',
              'association.lost': '#ended',
              leave: {},
            },
            after: { answerMs: '#ended' },
          },
          /** The peer goes, and will come back. It closes the association, and we try again later. */
          left: { after: { answerMs: { target: '#closed', actions: closedBy('the peer has left') } } },
          /** The peer does not want us to come again (§5.4.3). */
          dismissed: { on: { 'association.lost': '#ended' }, after: { answerMs: '#ended' } },
        },
      },
      closed: {
        id: 'closed',
        always: { guard: not('isInitiator'), target: 'ended' },
        after: { reconnectMs: 'connecting' },
      },
      ended: { id: 'ended', type: 'final' },
    },
  });
}

const closedBy = (why: string) => ({ type: 'closed', params: why }) as const;

/** A CEA has to be good in itself, and say that ours was. */
function readAnswer(message: DiameterMessage, read: () => unknown): boolean {
  if (resultOf(message) !== resultCodes.success) return false;
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof DiameterError) return false;
    throw error;
  }
}

function causeOf({ avps }: DiameterMessage): number | undefined {
  try {
    return get(avps, 'disconnectCause');
  } catch {
    return undefined;
  }
}
