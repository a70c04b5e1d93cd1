/**
 * An application server process, the other end of M3UA (RFC 4666). It associates with a gateway, comes up, becomes active, and from then on carries payload for its user,
 * which is any actor. If the association is lost, it begins anew after a while. If the gateway does not want it, it fails, and its supervisor decides what happens.
 */
import { type AnySelf, type Pid, type StartOptions, type SupervisorMessage, send, stateMachine } from 'mailport';
import type { SctpOpenOptions } from 'mailport/sctp';
import { fromPromise, setup } from 'xstate';
import { type Association, associate, startClient } from './associations.js';
import { errorName, type ProtocolData } from './m3uaCodec.js';
import {
  asStateChange,
  asStates,
  type HeartbeatSettings,
  heartbeat,
  heartbeatDefaults,
  loadshare,
  type M3uaEvent,
  M3uaSender,
  m3ua,
  m3uaEvents,
} from './m3uaSession.js';

/** The messages that the user of an ASP receives: MTP-TRANSFER, MTP-PAUSE and MTP-RESUME (§1.6.1), and the states of the ASP. */
export type AspIndication = readonly [tag: 'm3ua', asp: Asp, what: Indication];

export type Indication =
  | { readonly type: 'asp'; readonly state: 'connecting' | 'down' | 'inactive' | 'active' }
  /** The state of the application server: AS-ACTIVE and the like. */
  | { readonly type: 'notify'; readonly status: string }
  | { readonly type: 'transfer'; readonly data: ProtocolData }
  | { readonly type: 'pause' | 'resume'; readonly pointCodes: readonly number[] }
  /** The gateway has answered a heartbeat. */
  | { readonly type: 'beat' }
  | { readonly type: 'error'; readonly error: string };

/** The messages that the ASP takes from its user. */
export type AspRequest =
  /** Payload to be sent, when the ASP is active. */
  | { readonly type: 'transfer'; readonly data: ProtocolData }
  /** Leaves in good order: inactive, down, end of the association. */
  | { readonly type: 'leave' };

export type Asp = Pid<AspRequest>;

export interface AspConfig extends Partial<HeartbeatSettings> {
  readonly host: string;
  readonly port: number;
  readonly options: SctpOpenOptions;
  readonly user: Pid<AspIndication>;
  readonly aspIdentifier: number;
  readonly routingContext: number;
  /** Milliseconds after which the ASP repeats a request that was not answered. */
  readonly ackMs?: number;
  /** Milliseconds after which the ASP tries a lost association again. */
  readonly reconnectMs?: number;
}

/** T(ack) of §4.3.4. */
const ackMs = 2000;
const reconnectMs = 5000;

export function startAsp(config: AspConfig, options: StartOptions = {}): Promise<Pid<SupervisorMessage>> {
  const complete = { ackMs, reconnectMs, ...heartbeatDefaults, ...config };
  const machineOptions = { label: `ASP ${config.aspIdentifier}`, toEvent: m3uaEvents };
  return startClient((parent) => stateMachine.startLink(parent, (self) => machine(self, complete), machineOptions), options);
}

function machine(self: AnySelf, config: Required<AspConfig>) {
  const { host, port, options, user, aspIdentifier, routingContext, beatEveryMs, beatWithinMs, ackMs, reconnectMs } = config;
  const own = self.pid as Asp;
  let association: Association | undefined;
  let sender: M3uaSender;
  const tell = (what: Indication): void => send(user, ['m3ua', own, what]);
  return setup({
    types: { events: {} as M3uaEvent | AspRequest },
    actors: { associate: fromPromise(() => associate(self, host, port, options, m3ua)) },
    delays: { beatEveryMs, beatWithinMs, ackMs, reconnectMs },
    guards: { isOurBeat: ({ event }) => event.type === 'm3ua.BEAT_ACK' && sender.isOurBeat(event.parameters) },
    actions: {
      become: (_, state: 'connecting' | 'down' | 'inactive' | 'active') => tell({ type: 'asp', state }),
      more: () => association?.more(),
      hangUp: () => association?.socket.close(),
      postpone: stateMachine.postpone,
      sendBeat: () => sender.beat(),
      beatAnswered: () => tell({ type: 'beat' }),
      comeUp: () => sender.say('ASPUP', { aspIdentifier }),
      becomeActive: () => sender.say('ASPAC', { trafficModeType: loadshare, routingContext: [routingContext] }),
      becomeInactive: () => sender.say('ASPIA', { routingContext: [routingContext] }),
      goDown: () => sender.say('ASPDN'),
      fail: ({ event }) => {
        if (event.type === 'm3ua.ERR') throw new Error(`the gateway refuses: ${errorName(event.parameters.errorCode!)}`);
      },
    },
  }).createMachine({
    initial: 'connecting',
    on: {
      'association.passive': { actions: 'more' },
      malformed: { actions: ({ event }) => sender.refuse(event.code, event.bytes) },
      'm3ua.BEAT': { actions: ({ event }) => sender.say('BEAT_ACK', event.parameters) },
      'm3ua.NTFY': { actions: ({ event }) => tell({ type: 'notify', status: statusName(event.parameters.status!) }) },
      'm3ua.DUNA': { actions: ({ event }) => tell({ type: 'pause', pointCodes: event.parameters.affectedPointCode! }) },
      'm3ua.DAVA': { actions: ({ event }) => tell({ type: 'resume', pointCodes: event.parameters.affectedPointCode! }) },
      'm3ua.ERR': { actions: ({ event }) => tell({ type: 'error', error: errorName(event.parameters.errorCode!) }) },
      // The answer to a request that was made twice, or given up.
      'm3ua.*': {},
      transfer: { actions: 'postpone' },
      leave: '.ended',
    },
    states: {
      connecting: {
        entry: { type: 'become', params: 'connecting' },
        invoke: {
          src: 'associate',
          onDone: {
            target: 'up',
            actions: ({ event }) => {
              association = event.output;
              sender = new M3uaSender(association);
              association.more();
            },
          },
          onError: { target: 'resting', actions: ({ event }) => tell({ type: 'error', error: String(event.error) }) },
        },
      },
      resting: { after: { reconnectMs: 'connecting' } },
      up: {
        type: 'parallel',
        exit: 'hangUp',
        on: { 'association.lost': 'resting' },
        states: {
          beat: heartbeat,
          asp: {
            initial: 'down',
            states: {
              down: {
                entry: [{ type: 'become', params: 'down' }, 'comeUp'],
                after: { ackMs: { target: 'down', reenter: true } },
                on: { 'm3ua.ASPUP_ACK': 'inactive', 'm3ua.ERR': { actions: 'fail' } },
              },
              inactive: {
                entry: [{ type: 'become', params: 'inactive' }, 'becomeActive'],
                after: { ackMs: { target: 'inactive', reenter: true } },
                on: { 'm3ua.ASPAC_ACK': 'active', 'm3ua.ASPDN_ACK': 'down', 'm3ua.ERR': { actions: 'fail' } },
              },
              active: {
                entry: { type: 'become', params: 'active' },
                on: {
                  transfer: { actions: ({ event }) => sender.transfer(event.data, routingContext) },
                  'm3ua.DATA': { actions: ({ event }) => tell({ type: 'transfer', data: event.parameters.protocolData! }) },
                  // §4.3.4.2, §4.3.4.4: the gateway may put an ASP out of service, which then asks again.
                  'm3ua.ASPIA_ACK': 'inactive',
                  'm3ua.ASPDN_ACK': 'down',
                  leave: 'becomingInactive',
                },
              },
              becomingInactive: {
                entry: 'becomeInactive',
                after: { ackMs: { target: 'becomingInactive', reenter: true } },
                on: {
                  // What the gateway sent before it knew.
                  'm3ua.DATA': { actions: ({ event }) => tell({ type: 'transfer', data: event.parameters.protocolData! }) },
                  'm3ua.ASPIA_ACK': 'goingDown',
                  leave: {},
                },
              },
              goingDown: {
                entry: 'goDown',
                after: { ackMs: { target: 'goingDown', reenter: true } },
                on: { 'm3ua.ASPDN_ACK': '#ended', leave: {} },
              },
            },
          },
        },
      },
      silent: { id: 'silent', always: 'resting' },
      ended: { id: 'ended', type: 'final' },
    },
  });
}

function statusName([type, information]: readonly [number, number]): string {
  const state = Object.entries(asStates).find(([, each]) => each === information);
  return type === asStateChange && state !== undefined ? state[0] : `status ${type}/${information}`;
}
