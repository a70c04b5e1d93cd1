/** Ports by the names of their services, as the system's services database has them (CN-3). */
import { readFileSync } from 'node:fs';
import { BadArg } from '../../runtime/index.js';
import { checkPort } from './addresses.js';
import { SocketError } from './errors.js';

const database = '/etc/services';

/** A port by its number or by the name of its service. */
export type PortOrService = number | string;

/** @throws BadArg unless `port` is an integer in 0..65535 or a name */
export function checkPortOrService(port: unknown, argument = 'port'): PortOrService {
  if (typeof port === 'number') return checkPort(port, argument);
  if (typeof port === 'string' && port !== '') return port;
  throw new BadArg(argument, 'must be an integer in 0..65535 or the name of a service');
}

/** The number, looked up for the protocol if it is a name. @throws SocketError 'einval' for a name that the system does not know */
export function portNumber(port: PortOrService, protocol: string, syscall: string): number {
  const found = typeof port === 'number' ? port : servicePort(port, protocol);
  if (found === undefined) throw new SocketError('einval', syscall, { detail: unknownService(port, protocol) });
  return found;
}

/** As `portNumber`, for calls to which an unknown name is a mistake of the caller (TN-11, UO-2). @throws BadArg naming the argument */
export function checkedPortNumber(port: unknown, protocol: string, argument = 'port'): number {
  const checked = checkPortOrService(port, argument);
  const found = typeof checked === 'number' ? checked : servicePort(checked, protocol);
  if (found === undefined) throw new BadArg(argument, unknownService(checked, protocol));
  return found;
}

function unknownService(port: PortOrService, protocol: string): string {
  return /^\d+$/.test(String(port))
    ? `the port is given as text, which stands for the name of a service: give the number ${port}, as by Number(...)`
    : `${database} has no service ${port} for ${protocol}`;
}

/** The port of a service, by its name or another name of it; undefined if there is none. */
export function servicePort(name: string, protocol: string, text = readDatabase()): number | undefined {
  for (const line of text.split('\n')) {
    const [main, portAndProtocol, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    const [port, of] = (portAndProtocol ?? '').split('/');
    if (of === protocol && (main === name || aliases.includes(name))) return Number(port);
  }
  return undefined;
}

/** Systems without one know no services. */
function readDatabase(): string {
  try {
    return readFileSync(database, 'utf8');
  } catch {
    return '';
  }
}
