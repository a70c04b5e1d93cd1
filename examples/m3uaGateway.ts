/**
 * The gateway's end of M3UA (RFC 4666), a small signalling transfer point. ASPs come and say which application server they serve. The gateway passes on what one of them sends to
 * the point code of another. Each association and each application server has a supervised actor of its own.
 */
import { type AnySelf, type Pid, type StartOptions, type SupervisorMessage, send, stateMachine, supervisor } from 'mailport';
import type { SctpAssocChange, SctpOpenOptions, SctpSocket } from 'mailport/sctp';
import { setup } from 'xstate';
import { Association, serviceChild } from './associations.js';
import {
  type ApplicationServer,
  type ApplicationServerConfig,
  recoveryMs,
  startApplicationServer,
  type ToSession,
} from './m3uaApplicationServer.js';
import type { M3uaParameters, ProtocolData } from './m3uaCodec.js';
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

export interface GatewayConfig extends Partial<HeartbeatSettings> {
  readonly port: number;
  readonly options: SctpOpenOptions;
  readonly applicationServers: readonly ApplicationServerConfig[];
  /** Milliseconds for which the gateway keeps traffic when the last active ASP of an application server has gone. */
  readonly recoveryMs?: number;
  readonly onListening: (port: number) => void;
  readonly log: (line: string) => void;
}

interface Served {
  readonly config: ApplicationServerConfig;
  pid: ApplicationServer | undefined;
}

/** The things that the sessions of a gateway share. */
interface Gateway extends HeartbeatSettings {
  readonly served: readonly Served[];
  readonly log: (line: string) => void;
}

export function startGateway(config: GatewayConfig, options: StartOptions = {}): Promise<Pid<SupervisorMessage>> {
  const served: readonly Served[] = config.applicationServers.map((each) => ({ config: each, pid: undefined }));
  const gateway: Gateway = { ...heartbeatDefaults, ...config, served };
  const startSession = (parent: AnySelf, socket: SctpSocket, change: SctpAssocChange) =>
    stateMachine.startLink(parent, (self) => session(self, new Association(self.pid, socket, change, m3ua), gateway), {
      label: `session of association ${change.assocId}`,
      toEvent: m3uaEvents,
    });
  const applicationServers = served.map((each) => ({
    id: `application server ${each.config.routingContext}`,
    start: async (self: AnySelf) => {
      each.pid = await startApplicationServer(self, each.config, config.recoveryMs ?? recoveryMs);
      return each.pid;
    },
  }));
  // An application server that fails takes the children after it along, because sessions must not go on with what they told the one that failed.
  const children = [...applicationServers, serviceChild({ ...config, startSession })];
  return supervisor.start({ strategy: 'rest_for_one', children }, options);
}

/** The states of an ASP (§4.3.1) beside its heartbeat, all in one place. */
function session(self: AnySelf, association: Association, gateway: Gateway) {
  const sender = new M3uaSender(association);
  const own = self.pid as Pid<ToSession>;
  /** The application server that the ASP is for, once it has said so. */
  let served: Served | undefined;

  const become = (state: 'down' | 'inactive' | 'active'): void => {
    gateway.log(`${self.pid} ASP is ${state}`);
    if (served?.pid !== undefined) send(served.pid, { type: 'asp', asp: own, state });
  };
  const routingContext = (): M3uaParameters => (served === undefined ? {} : { routingContext: [served.config.routingContext] });

  const route = (data: ProtocolData): void => {
    const to = gateway.served.find(({ config }) => config.pointCode === data.destinationPointCode);
    if (to?.pid === undefined) sender.say('DUNA', { affectedPointCode: [data.destinationPointCode] });
    else send(to.pid, { type: 'transfer', data, from: own });
  };

  return setup({
    types: { events: {} as M3uaEvent | ToSession },
    delays: { beatEveryMs: gateway.beatEveryMs, beatWithinMs: gateway.beatWithinMs },
    guards: {
      isKnown: ({ event }) => event.type === 'm3ua.ASPUP' && servedBy(gateway, event.parameters) !== undefined,
      isRefused: ({ event }) => event.type === 'm3ua.ASPAC' && refusalOf(event.parameters, served) !== undefined,
      isOurBeat: ({ event }) => event.type === 'm3ua.BEAT_ACK' && sender.isOurBeat(event.parameters),
      isOnStream0: ({ event }) => event.type === 'm3ua.DATA' && event.stream === 0,
    },
    actions: {
      more: () => association.more(),
      sendBeat: () => sender.beat(),
      beatAnswered: () => undefined,
      unexpected: () => sender.refuse('Unexpected Message'),
      ackUp: () => sender.say('ASPUP_ACK'),
      ackDown: () => sender.say('ASPDN_ACK'),
      ackActive: () => sender.say('ASPAC_ACK', { trafficModeType: loadshare, ...routingContext() }),
      ackInactive: () => sender.say('ASPIA_ACK', routingContext()),
      become: (_, state: 'down' | 'inactive' | 'active') => become(state),
    },
  }).createMachine({
    initial: 'waiting',
    on: {
      'association.passive': { actions: 'more' },
      'association.lost': { target: '.ended', actions: ({ event }) => gateway.log(`${self.pid} association: ${event.why}`) },
      malformed: { actions: ({ event }) => sender.refuse(event.code, event.bytes) },
      'm3ua.BEAT': { actions: ({ event }) => sender.say('BEAT_ACK', event.parameters) },
      // An answer to a request that was given up, and a report, need no answer.
      'm3ua.BEAT_ACK': {},
      'm3ua.ERR': { actions: ({ event }) => gateway.log(`${self.pid} the ASP reports error ${event.parameters.errorCode}`) },
      'm3ua.*': { actions: 'unexpected' },
    },
    states: {
      waiting: { on: { 'association.yours': { target: 'up', actions: 'more' } } },
      up: {
        type: 'parallel',
        states: {
          beat: heartbeat,
          asp: {
            initial: 'down',
            on: {
              notify: {
                actions: ({ event }) =>
                  sender.say('NTFY', { status: [asStateChange, asStates[event.state]], ...routingContext() }),
              },
              // An ASP that has just become inactive does not get messages that were on their way to it. The application server finds another ASP.
              deliver: {
                actions: ({ event: { data } }) => served?.pid && send(served.pid, { type: 'transfer', data, from: own }),
              },
              unavailable: { actions: ({ event }) => sender.say('DUNA', { affectedPointCode: [event.pointCode] }) },
              'm3ua.ASPDN': { target: '.down', actions: ['ackDown', { type: 'become', params: 'down' }] },
            },
            states: {
              down: {
                on: {
                  'm3ua.ASPUP': [
                    {
                      guard: 'isKnown',
                      target: 'inactive',
                      actions: [
                        ({ event }) => {
                          served = servedBy(gateway, event.parameters);
                        },
                        'ackUp',
                        { type: 'become', params: 'inactive' },
                      ],
                    },
                    {
                      actions: ({ event: { parameters } }) =>
                        sender.refuse(
                          parameters.aspIdentifier === undefined ? 'ASP Identifier Required' : 'Invalid ASP Identifier',
                        ),
                    },
                  ],
                  'm3ua.ASPIA': { actions: 'unexpected' },
                },
              },
              inactive: {
                on: {
                  'm3ua.ASPUP': { actions: 'ackUp' },
                  'm3ua.ASPAC': [
                    { guard: 'isRefused', actions: ({ event }) => sender.refuse(refusalOf(event.parameters, served)!) },
                    { target: 'active', actions: ['ackActive', { type: 'become', params: 'active' }] },
                  ],
                  'm3ua.ASPIA': { actions: 'ackInactive' },
                },
              },
              active: {
                on: {
                  'm3ua.ASPAC': { actions: 'ackActive' },
                  'm3ua.ASPIA': { target: 'inactive', actions: ['ackInactive', { type: 'become', params: 'inactive' }] },
                  // §4.3.4.1: an ASP that comes up again has begun anew.
                  'm3ua.ASPUP': { target: 'inactive', actions: ['ackUp', 'unexpected', { type: 'become', params: 'inactive' }] },
                  'm3ua.DATA': [
                    { guard: 'isOnStream0', actions: () => sender.refuse('Invalid Stream Identifier') },
                    { actions: ({ event }) => route(event.parameters.protocolData!) },
                  ],
                  deliver: { actions: ({ event }) => sender.transfer(event.data, served!.config.routingContext) },
                },
              },
            },
          },
        },
      },
      silent: { id: 'silent', entry: () => gateway.log(`${self.pid} the ASP does not answer`), always: 'ended' },
      // The socket closes with its owner, and the application server sees the end of this actor.
      ended: { type: 'final' },
    },
  });
}

function servedBy({ served }: Gateway, { aspIdentifier }: M3uaParameters): Served | undefined {
  return served.find(({ config }) => aspIdentifier !== undefined && config.aspIdentifiers.includes(aspIdentifier));
}

/** Why an ASP may not become active as it wishes to. */
function refusalOf({ trafficModeType, routingContext }: M3uaParameters, served: Served | undefined) {
  if (trafficModeType !== undefined && trafficModeType !== loadshare) return 'Unsupported Traffic Mode Type';
  if (routingContext?.some((each) => each !== served?.config.routingContext)) return 'Invalid Routing Context';
  return undefined;
}
