/** The arguments of connects, which take either an address and a port or an address with its port. */
import { BadArg } from '../../runtime/index.js';
import { checkAddress, checkPortOrService, checkSockAddr, checkTimeout, type PortOrService } from '../socket/index.js';

/** The arguments of a connect: the peer, options, timeout. */
export interface Destination {
  readonly address: string;
  readonly port: PortOrService;
  readonly options: unknown;
  readonly timeoutMs: number;
}

const maxAddresses = 255;
/**
 * The arguments of `connect` and `connectInit`: address, port, options, timeout; or an address with its port, options, timeout.
 *
 * @throws BadArg
 */
export function destinationOf(args: readonly unknown[]): Destination {
  const [first, second, third, fourth] = args;
  if (typeof first === 'object' && first !== null) {
    return { ...checkSockAddr(first, 'sockAddr'), options: second, timeoutMs: timeoutOf(third) };
  }
  const address = checkAddress(first);
  const timeoutMs = timeoutOf(fourth);
  return { address, port: checkPortOrService(second), options: third, timeoutMs };
}

/**
 * The arguments of `connectxInit`: addresses, port, options, timeout; or addresses with their ports, options, timeout. Of these ports
 * the last one that is not 0 counts for all addresses (CN-31).
 *
 * @throws BadArg unless there are 1 to 255 addresses (CN-33), and a port
 */
export function destinationsOf(args: readonly unknown[]): Destination & { readonly addresses: readonly string[] } {
  const [first, second, third, fourth] = args;
  if (!Array.isArray(first)) throw new BadArg('addresses', 'must be a list');
  if (first.length === 0 || first.length > maxAddresses) throw new BadArg('addresses', `must be 1 to ${maxAddresses}`);
  if (typeof first[0] === 'string' || typeof second === 'number' || typeof second === 'string') {
    const addresses = first.map((address: unknown, index) => checkAddress(address, `addresses[${index}]`));
    const timeoutMs = timeoutOf(fourth);
    return { addresses, address: addresses[0]!, port: checkPortOrService(second), options: third, timeoutMs };
  }
  const pairs = first.map((sockAddr: unknown, index) => checkSockAddr(sockAddr, `sockAddrs[${index}]`));
  const port = pairs.findLast((pair) => pair.port !== 0)?.port;
  if (port === undefined) throw new BadArg('sockAddrs', 'must have a port that is not 0');
  const addresses = pairs.map(({ address }) => address);
  return { addresses, address: addresses[0]!, port, options: second, timeoutMs: timeoutOf(third) };
}

function timeoutOf(value: unknown): number {
  return value === undefined ? Number.POSITIVE_INFINITY : checkTimeout(value);
}
