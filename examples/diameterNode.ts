/** Diameter nodes: a server, with a supervised actor for each peer that comes, and a client, which goes to a peer. */
import { type AnySelf, type Pid, type StartOptions, type SupervisorMessage, stateMachine, supervisor } from 'mailport';
import type { SctpAssocChange, SctpOpenOptions, SctpSocket } from 'mailport/sctp';
import { Association, associate, serviceChild, startClient } from './associations.js';
import { diameter, diameterEvents } from './diameterEvents.js';
import { type PeerConfig, peerDefaults, peerMachine } from './diameterPeer.js';

export interface ServerConfig extends PeerConfig {
  readonly port: number;
  readonly options: SctpOpenOptions;
  readonly onListening: (port: number) => void;
  readonly log: (line: string) => void;
}

export interface ClientConfig extends PeerConfig {
  readonly host: string;
  readonly port: number;
  readonly options: SctpOpenOptions;
}

export function startDiameterServer(config: ServerConfig, options: StartOptions = {}): Promise<Pid<SupervisorMessage>> {
  const complete = { ...peerDefaults, ...config };
  const startSession = (parent: AnySelf, socket: SctpSocket, change: SctpAssocChange): Promise<Pid> =>
    stateMachine.startLink(parent, (self) => peerMachine(self, complete, new Association(self.pid, socket, change, diameter)), {
      label: `peer of association ${change.assocId}`,
      toEvent: diameterEvents,
    });
  return supervisor.start({ children: [serviceChild({ ...config, startSession })] }, options);
}

export function startDiameterClient(config: ClientConfig, options: StartOptions = {}): Promise<Pid<SupervisorMessage>> {
  const complete = { ...peerDefaults, ...config };
  const begin = (self: AnySelf) => () => associate(self, config.host, config.port, config.options, diameter);
  const machineOptions = { label: `peer ${config.host}:${config.port}`, toEvent: diameterEvents };
  return startClient(
    (parent) => stateMachine.startLink(parent, (self) => peerMachine(self, complete, begin(self)), machineOptions),
    options,
  );
}
