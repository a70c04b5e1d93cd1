/** Where a connector is: an IP address and a port, each of which may be null. Mirrors IP.Endpoint, IP.NullAddress and IP.NullPort. */
import { isIP } from 'node:net';
import { BadArg } from '../../runtime/index.js';
import { checkKeys } from '../../runtime/ports.js';

/** An address and a port. The fields are named as in the document. */
export interface Endpoint {
  /** An IP address as text, with a zone where it is link-local; `nullAddress` or `nullAddress6` for none in particular. */
  readonly addr: string;
  /** 1 to 65535; `nullPort` for none in particular. */
  readonly port: number;
}

/** The null address: all addresses of this machine in `newConnector`, this machine in `connect`. */
export const nullAddress = '0.0.0.0';
/** The null address of IPv6. A connector there takes connections over IPv4, too. */
export const nullAddress6 = '::';
/** The null port: `newConnector` lets the system choose one. */
export const nullPort = 0;

const loopback: Readonly<Record<string, string>> = { [nullAddress]: '127.0.0.1', [nullAddress6]: '::1' };
const keys: ReadonlySet<string> = new Set(['addr', 'port'] satisfies (keyof Endpoint)[]);
const mostPort = 65_535;

/** An endpoint for `newConnector`. @throws BadArg naming what is wrong */
export function checkEndpoint(endpoint: unknown): Endpoint {
  if (typeof endpoint !== 'object' || endpoint === null) throw new BadArg('endpoint', 'must be { addr, port }');
  checkKeys('endpoint', endpoint, keys);
  const { addr, port } = endpoint as Endpoint;
  if (typeof addr !== 'string' || isIP(addr) === 0)
    throw new BadArg(
      'endpoint.addr',
      'must be an IP address as text, or nullAddress: look a name up first, by `dns.lookup` of Node',
    );
  if (!Number.isInteger(port) || port < 0 || port > mostPort)
    throw new BadArg('endpoint.port', `must be an integer in 0..${mostPort}; 0 is nullPort`);
  return { addr, port };
}

/** An endpoint for `connect`, with this machine in place of a null address. @throws BadArg naming what is wrong */
export function checkDestination(endpoint: unknown): Endpoint {
  const { addr, port } = checkEndpoint(endpoint);
  if (port === nullPort) throw new BadArg('endpoint.port', 'must not be nullPort: connect to the port that `getEndPoint` gives');
  return { addr: loopback[addr] ?? addr, port };
}
