/**
 * The package path `mailport/connector`: connections between programs by connectors and endpoints. A server makes a connector and accepts; a client connects to its
 * endpoint, and waits until a server has accepted. docs/connector.md has the document that the calls follow, sentence by sentence.
 *
 * @example
 * const connector = await newConnector(self, { addr: nullAddress, port: nullPort });
 * const { port } = getEndPoint(connector);
 * const [server, client] = await Promise.all([accept(self, connector), connect(self, { addr: nullAddress, port })]);
 * await client.write('hello');
 * String(await server.read(5)); // 'hello'
 */
import { sctp } from '../sctp/index.js';
import { tcp } from '../tcp/index.js';
import { type Connectors, connectorsOver } from './open.js';

export { SocketError, type WaitOptions } from '../socket/index.js';
export { Connection } from './connection.js';
export { Connector } from './connector.js';
export { type Endpoint, nullAddress, nullAddress6, nullPort } from './endpoint.js';
export { Alerted, type Atom, type FailureDetails, type FailureKind, IPError } from './errors.js';
export {
  type AcceptOptions,
  type ConnectOptions,
  type Connectors,
  connectorsOver,
  type MeetingOptions,
  type TransportName,
  type Transports,
} from './open.js';
export type { HandOverOptions } from './ownedPort.js';

/** The calls over TCP and SCTP of this machine. */
const here: Connectors = connectorsOver({ tcp, sctp });

export const newConnector: Connectors['newConnector'] = here.newConnector;
export const getEndPoint: Connectors['getEndPoint'] = here.getEndPoint;
export const closeConnector: Connectors['closeConnector'] = here.closeConnector;
export const connect: Connectors['connect'] = here.connect;
export const accept: Connectors['accept'] = here.accept;
export const close: Connectors['close'] = here.close;
