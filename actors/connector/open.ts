/** The calls of the interface, over the transports that they are given: those of this machine, or of a network in memory. */
import { type AnySelf, BadArg, isAlive, type Self, spawn } from '../../runtime/index.js';
import { charge, checkKeys } from '../../runtime/ports.js';
import type { Sctp } from '../sctp/index.js';
import { checkLivingCaller, checkSignal } from '../socket/index.js';
import type { Tcp } from '../tcp/index.js';
import { Connection } from './connection.js';
import { Connector } from './connector.js';
import { checkDestination, checkEndpoint, type Endpoint, nullPort } from './endpoint.js';
import { Alerted, failureOf } from './errors.js';
import { awaitGreeting } from './rendezvous.js';
import type { ByteSocket, Transport } from './transport.js';
import { transportSctp } from './transportSctp.js';
import { transportTcp } from './transportTcp.js';

export type TransportName = 'tcp' | 'sctp';

/** What the calls go over. A name that is missing cannot be given as `transport`. */
export interface Transports {
  readonly tcp?: Tcp;
  readonly sctp?: Sctp;
}

/** How the two ends meet. Both ends must agree. */
export interface MeetingOptions {
  /** 'tcp' (default) or 'sctp'. */
  readonly transport?: TransportName;
  /**
   * true (default): `connect` returns when a server has accepted, which the server's end tells by four bytes. false: for peers that are no mailport. No such bytes are
   * sent or awaited, and `connect` returns when the transport has a connection.
   */
  readonly rendezvous?: boolean;
}

export interface ConnectOptions extends MeetingOptions {
  /** Ends the wait: `connect` rejects with Alerted. */
  readonly signal?: AbortSignal | undefined;
}

export interface AcceptOptions {
  /** Ends the wait: `accept` rejects with Alerted. */
  readonly signal?: AbortSignal | undefined;
}

/** The calls of the document. */
export interface Connectors {
  /**
   * Makes a connector that `self` owns. The address is null, for any of this machine, or one of this machine's. The port is one that is free, or null: then the system
   * chooses one, and `getEndPoint` tells which. Nobody waits at a new connector.
   *
   * @throws BadArg naming what is wrong
   * @throws IPError 'PortBusy' (the port is not available), 'NoResources' (no port or descriptor is free), 'Unexpected' (the address is none of this machine's)
   */
  newConnector(self: AnySelf, endpoint: Endpoint, options?: MeetingOptions): Promise<Connector>;
  /** The endpoint of a connector, with the port that it has. It can be asked for after the end of the connector, too. */
  getEndPoint(connector: Connector): Endpoint;
  /** Closes a connector, as anybody may. Servers that wait fail with 'Closed', clients that wait with 'Refused'. Connections go on. */
  closeConnector(connector: Connector): void;
  /**
   * Makes a connection to a connector, and waits in its queue of clients until a server accepts. A null address is this machine. If the caller ends, or the signal is
   * aborted, the wait ends.
   *
   * @throws BadArg naming what is wrong
   * @throws IPError 'Refused' (there is no connector, or it is closed before a server accepts), 'Timeout', 'Unreachable', 'NoResources', 'Unexpected' (the peer is no
   *   connector, or one without a rendezvous that speaks first); Alerted
   */
  connect(self: AnySelf, endpoint: Endpoint, options?: ConnectOptions): Promise<Connection>;
  /**
   * Waits in the queue of servers of a connector until a client is there, and makes a connection that `self` owns. If the caller ends, or the signal is aborted, the
   * wait ends.
   *
   * @throws BadArg naming what is wrong
   * @throws IPError 'Closed' (the connector is closed, or becomes so meanwhile), 'NoResources', 'Unexpected'; Alerted
   */
  accept(self: AnySelf, connector: Connector, options?: AcceptOptions): Promise<Connection>;
  /** Closes a connection, and frees what belongs to it: `connection.close()`. */
  close(connection: Connection): Promise<void>;
}

const meetingKeys: ReadonlySet<string> = new Set(['transport', 'rendezvous']);
const connectKeys: ReadonlySet<string> = new Set(['transport', 'rendezvous', 'signal']);

interface Meeting {
  readonly transport: Transport;
  readonly rendezvous: boolean;
}

/** The calls over transports of the caller's choice, such as those of a host of a `SimulatedNetwork`. @throws BadArg */
export function connectorsOver(transports: Transports): Connectors {
  if (typeof transports !== 'object' || transports === null)
    throw new BadArg('transports', 'must be { tcp, sctp }, or one of these');
  checkKeys('transports', transports, new Set(['tcp', 'sctp']));
  const { tcp, sctp } = transports;
  const known = new Map<unknown, Transport>();
  if (tcp !== undefined) known.set('tcp', transportTcp(tcp));
  if (sctp !== undefined) known.set('sctp', transportSctp(sctp));
  const names = [...known.keys()].map((name) => `'${name}'`).join(' or ');

  const meetingOf = (options: unknown, keys: ReadonlySet<string>): Meeting => {
    if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
    checkKeys('options', options, keys);
    const { transport: name = 'tcp', rendezvous = true } = options as MeetingOptions;
    const transport = known.get(name);
    if (transport === undefined) throw new BadArg('options.transport', `must be ${names}`);
    if (typeof rendezvous !== 'boolean') throw new BadArg('options.rendezvous', 'must be a boolean');
    return { transport, rendezvous };
  };

  return {
    newConnector: (self, endpoint, options = {}) => {
      checkLivingCaller(self);
      return openConnector(self, checkEndpoint(endpoint), meetingOf(options, meetingKeys));
    },
    getEndPoint: (connector) => checkConnector(connector).endpoint,
    closeConnector: (connector) => checkConnector(connector).close(),
    connect: (self, endpoint, options = {}) => {
      checkLivingCaller(self);
      const destination = checkDestination(endpoint);
      const meeting = meetingOf(options, connectKeys);
      const signal = options.signal === undefined ? undefined : checkSignal({ signal: options.signal });
      return connect(self, destination, meeting, signal);
    },
    accept: (self, connector, options) => {
      checkLivingCaller(self);
      return checkConnector(connector).accept(self, checkSignal(options));
    },
    close: (connection) => {
      if (!(connection instanceof Connection))
        throw new BadArg('connection', 'must be a Connection, as `connect` and `accept` give it');
      return connection.close();
    },
  };
}

function checkConnector(connector: unknown): Connector {
  if (connector instanceof Connector) return connector;
  throw new BadArg('connector', 'must be a Connector, as `newConnector` gives it');
}

/** The listener, and clients between the queues, belong to an actor of the connector's own, the keeper. It ends with the connector, and the connector with it. */
function openConnector(owner: AnySelf, endpoint: Endpoint, { transport, rendezvous }: Meeting): Promise<Connector> {
  return new Promise((resolve, reject) => {
    const keep = async (keeper: Self): Promise<void> => {
      try {
        const listener = await transport.listen(keeper, endpoint);
        await new Promise<void>((onEnd) => {
          const at = { addr: endpoint.addr, port: listener.portNumber };
          const connector = Connector.create({ owner, keeper, listener, endpoint: at, rendezvous, onEnd });
          if (connector !== undefined) resolve(connector);
          else throw owner.signal.reason;
        });
      } catch (error) {
        const table = endpoint.port === nullPort ? 'newConnectorAnywhere' : 'newConnector';
        reject(charge(failureOf('IP.Error', 'newConnector', table, error, { endpoint }) as Error, owner.pid));
      }
    };
    spawn(keep, { label: 'connector', system: owner.system });
  });
}

/** Every failure is charged to the caller: one that nobody awaits is the caller's end. */
async function connect(
  self: AnySelf,
  endpoint: Endpoint,
  { transport, rendezvous }: Meeting,
  signal: AbortSignal | undefined,
): Promise<Connection> {
  let socket: ByteSocket | undefined;
  try {
    if (signal?.aborted) throw new Alerted('connect', signal);
    socket = await transport.connect(self, endpoint, signal);
    if (rendezvous) await awaitGreeting(socket, endpoint, signal);
    const connection = Connection.create(self.pid, socket);
    if (connection !== undefined) return connection;
    throw self.signal.reason;
  } catch (error) {
    socket?.reset();
    // The end of the caller closes what it opens, and then everything fails.
    if (!isAlive(self.pid)) throw self.signal.reason;
    throw charge(failureOf('IP.Error', 'connect', 'connect', error, { endpoint, signal }) as Error, self.pid);
  }
}
