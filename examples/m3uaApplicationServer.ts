/**
 * An application server as the gateway sees it (RFC 4666 §4.3.2): the ASPs that serve one point code, as a state machine. It spreads traffic over the ASPs that are
 * active. While none is active it keeps traffic for a while, as postponed events.
 */
import { type AnySelf, type DownMessage, type Pid, send, stateMachine } from 'mailport';
import { assign, not, setup } from 'xstate';
import type { ProtocolData } from './m3uaCodec.js';
import type { AsState } from './m3uaSession.js';

export interface ApplicationServerConfig {
  readonly routingContext: number;
  readonly pointCode: number;
  /** The ASPs that may serve the application server, by the identifiers that they give in ASPUP. */
  readonly aspIdentifiers: readonly number[];
}

/** The messages that a session receives from its application server. */
export type ToSession =
  | { readonly type: 'notify'; readonly state: AsState }
  | { readonly type: 'deliver'; readonly data: ProtocolData }
  | { readonly type: 'unavailable'; readonly pointCode: number };

type Session = Pid<ToSession>;

export type ApplicationServerEvent =
  /** From the session of an ASP: the state of the ASP. */
  | { readonly type: 'asp'; readonly asp: Session; readonly state: 'down' | 'inactive' | 'active' }
  | { readonly type: 'transfer'; readonly data: ProtocolData; readonly from: Session };

export type ApplicationServer = Pid<ApplicationServerEvent>;

/** T(r) of §4.3.2. */
export const recoveryMs = 2000;

export function startApplicationServer(
  parent: AnySelf,
  config: ApplicationServerConfig,
  recovery: number,
): Promise<ApplicationServer> {
  return stateMachine.startLink(parent, (self) => applicationServer(self, recovery), {
    label: `application server ${config.routingContext}`,
    // If a session has ended, for whatever reason, its ASP is down.
    toEvent: (message) => ({ type: 'asp', asp: (message as DownMessage)[3], state: 'down' }),
  });
}

function applicationServer(self: AnySelf, recovery: number) {
  /** The state that was last told to all ASPs. An ASP that comes later has yet to be told. */
  let told: AsState | undefined;
  return setup({
    types: {
      context: {} as { readonly asps: ReadonlyMap<Session, 'inactive' | 'active'> },
      events: {} as ApplicationServerEvent,
    },
    delays: { recovery },
    guards: {
      isServed: ({ context }) => activeOf(context.asps).length > 0,
      isStaffed: ({ context }) => context.asps.size > 0,
    },
    actions: {
      tellAll: ({ context }, state: AsState) => {
        told = state;
        for (const asp of context.asps.keys()) send(asp, { type: 'notify', state });
      },
      tellNobody: () => {
        told = undefined;
      },
      welcome: ({ context, event }) => {
        if (event.type !== 'asp' || event.state === 'down' || context.asps.has(event.asp)) return;
        self.monitor(event.asp);
        if (told !== undefined) send(event.asp, { type: 'notify', state: told });
      },
    },
  }).createMachine({
    context: { asps: new Map() },
    initial: 'down',
    on: {
      asp: {
        actions: [
          'welcome',
          assign(({ context, event: { asp, state } }) => {
            const asps = new Map(context.asps);
            if (state === 'down') asps.delete(asp);
            else asps.set(asp, state);
            return { asps };
          }),
        ],
      },
    },
    states: {
      down: {
        entry: 'tellNobody',
        always: { guard: 'isStaffed', target: 'inactive' },
        on: { transfer: { actions: ({ event }) => refuse(event) } },
      },
      inactive: {
        entry: { type: 'tellAll', params: 'AS-INACTIVE' },
        always: [
          { guard: 'isServed', target: 'active' },
          { guard: not('isStaffed'), target: 'down' },
        ],
        on: { transfer: { actions: ({ event }) => refuse(event) } },
      },
      active: {
        entry: { type: 'tellAll', params: 'AS-ACTIVE' },
        always: { guard: not('isServed'), target: 'pending' },
        on: {
          transfer: {
            actions: ({ context, event: { data } }) => {
              // Messages of one selection go to one ASP, or they might arrive out of order.
              const active = activeOf(context.asps);
              send(active[data.signallingLinkSelection % active.length]!, { type: 'deliver', data });
            },
          },
        },
      },
      pending: {
        entry: { type: 'tellAll', params: 'AS-PENDING' },
        always: { guard: 'isServed', target: 'active' },
        after: { recovery: [{ guard: 'isStaffed', target: 'inactive' }, { target: 'down' }] },
        // The next state takes the event again, and delivers or refuses it.
        on: { transfer: { actions: stateMachine.postpone } },
      },
    },
  });
}

function activeOf(asps: ReadonlyMap<Session, 'inactive' | 'active'>): Session[] {
  return [...asps].flatMap(([asp, state]) => (state === 'active' ? [asp] : []));
}

function refuse({ from, data }: ApplicationServerEvent & { type: 'transfer' }): void {
  send(from, { type: 'unavailable', pointCode: data.destinationPointCode });
}
