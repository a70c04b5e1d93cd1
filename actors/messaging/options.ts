/** The options of servers and clients, and the checks of them. */
import { checkKeys } from '../../runtime/behaviour.js';
import { BadArg, type Pid } from '../../runtime/index.js';
import type { Sctp } from '../sctp/index.js';
import { checkCaller, checkPortOrService, checkSignal, checkTimeout, type WaitOptions } from '../socket/index.js';
import type { Tcp } from '../tcp/index.js';
import type { Transport } from './channel.js';
import { type Codec, checkCodec, json } from './codec.js';
import { overSctp } from './sctpTransport.js';
import { overTcp } from './tcpTransport.js';

/** What carries messages: `tcp` of mailport/tcp, `sctp` of mailport/sctp, or `tcp` of a host of a `SimulatedNetwork`. */
export type MessagingTransport = Tcp | Sctp;

/** Options that both ends have. */
interface EndOptions<Request, Response> {
  /** What carries the messages. Both ends need the same. */
  readonly transport: MessagingTransport;
  /** How requests become bytes; `json()` unless given. Both ends need the same, and of responses, too. */
  readonly requests?: Codec<Request>;
  readonly responses?: Codec<Response>;
  /** How long a message may be, as bytes, in either direction. 1048576 unless given. A peer that sends a longer one loses its connection ('emsgsize'). */
  readonly maxMessageBytes?: number;
  /** How many messages may wait at this end of a connection until its socket reads no more. 1024 unless given; up to 16384. */
  readonly queueLength?: number;
  /** The same in bytes. What has been read already is still queued: up to as much again, and one message. 1048576 unless given. */
  readonly queueBytes?: number;
  /** Further options of the socket, as `tcp.listen`, `tcp.connect` or `sctp.open` takes them: `ip`, `recbuf`, `sndbuf`, `tos`, ... */
  readonly options?: object;
}

export interface ServerOptions<Request, Response> extends EndOptions<Request, Response> {
  /** 0, the default: any that is free, see `server.port`; or the name of a service. */
  readonly port?: number | string;
  /** How many connections there may be, with those that have not said hello yet. 16384 unless given. More wait (TCP), or are refused (SCTP). */
  readonly maxConnections?: number;
  /**
   * How many bytes of requests may wait in the queues of all connections together; each request counts 128 bytes more, which it takes in memory. Above that, a connection
   * of which something waits is not read. 134217728 unless given.
   */
  readonly maxQueuedBytes?: number;
  /** How long a newcomer may take to say hello, in milliseconds. 10000 unless given. */
  readonly handshakeMs?: number;
}

export interface ClientOptions<Request, Response> extends EndOptions<Request, Response> {
  /** The server's address or host name. '127.0.0.1' unless given. */
  readonly address?: string;
  /** The server's port, or the name of its service. */
  readonly port: number | string;
  /** How long the connect may take, until the server has given the connection its id. Infinity unless given. */
  readonly timeoutMs?: number;
  /** Gives the connect up. */
  readonly signal?: AbortSignal;
}

const endKeys = [
  'transport',
  'requests',
  'responses',
  'maxMessageBytes',
  'queueLength',
  'queueBytes',
  'options',
  'port',
] as const;
const serverKeys: ReadonlySet<string> = new Set<string>([
  ...endKeys,
  'maxConnections',
  'maxQueuedBytes',
  'handshakeMs',
] satisfies (keyof ServerOptions<unknown, unknown>)[]);
const clientKeys: ReadonlySet<string> = new Set<string>([
  ...endKeys,
  'address',
  'timeoutMs',
  'signal',
] satisfies (keyof ClientOptions<unknown, unknown>)[]);

const mebibyte = 1024 * 1024;
const defaultQueueLength = 1024;
/** A count of `active` goes to 32767, and what is granted may come on top of what was. */
const longestQueue = 16_384;
/** As many sessions as a server has unless told otherwise. */
const defaultConnections = 16_384;
const defaultHandshakeMs = 10_000;
const defaultQueuedBytes = 128 * mebibyte;
const mostBytes = 64 * mebibyte;

/** What both ends go by. */
export interface EndPlan<Request, Response> {
  readonly transport: Transport;
  readonly requests: Codec<Request>;
  readonly responses: Codec<Response>;
  readonly maxMessageBytes: number;
  readonly queueLength: number;
  readonly queueBytes: number;
  readonly options: object;
}

export interface ServerPlan<Request, Response> extends EndPlan<Request, Response> {
  readonly port: number | string;
  readonly maxConnections: number;
  readonly maxQueuedBytes: number;
  readonly handshakeMs: number;
}

export interface ClientPlan<Request, Response> extends EndPlan<Request, Response> {
  readonly address: string;
  readonly port: number | string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws BadArg naming the option */
export function planServer<Request, Response>(options: ServerOptions<Request, Response>): ServerPlan<Request, Response> {
  checkObject(options, serverKeys);
  const { port = 0, maxConnections = defaultConnections, handshakeMs = defaultHandshakeMs } = options;
  const { maxQueuedBytes = defaultQueuedBytes } = options;
  checkPortOrService(port, 'options.port');
  return {
    ...planEnd(options),
    port,
    maxConnections: checkCount(maxConnections, 'options.maxConnections', Number.MAX_SAFE_INTEGER),
    maxQueuedBytes: checkCount(maxQueuedBytes, 'options.maxQueuedBytes', Number.MAX_SAFE_INTEGER),
    handshakeMs: checkTimeout(handshakeMs, 'options.handshakeMs'),
  };
}

/** @throws BadArg naming the option */
export function planClient<Request, Response>(options: ClientOptions<Request, Response>): ClientPlan<Request, Response> {
  checkObject(options, clientKeys);
  const { address = '127.0.0.1', port, timeoutMs = Number.POSITIVE_INFINITY, signal } = options;
  if (typeof address !== 'string') throw new BadArg('options.address', 'must be an address or a host name');
  checkPortOrService(port, 'options.port');
  if (port === 0) throw new BadArg('options.port', 'must be the port of a server, which is not 0');
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new BadArg('options.signal', 'must be an AbortSignal');
  // Field by field: a spread costs at each connect as much as all these checks.
  const { transport, requests, responses, maxMessageBytes, queueLength, queueBytes, options: further } = planEnd(options);
  return {
    transport,
    requests,
    responses,
    maxMessageBytes,
    queueLength,
    queueBytes,
    options: further,
    address,
    port,
    timeoutMs: checkTimeout(timeoutMs, 'options.timeoutMs'),
    signal,
  };
}

function planEnd<Request, Response>(given: EndOptions<Request, Response>): EndPlan<Request, Response> {
  const { requests = json<Request>(), responses = json<Response>(), options = {} } = given;
  const { maxMessageBytes = mebibyte, queueLength = defaultQueueLength, queueBytes = mebibyte } = given;
  const transport = transportOf(given.transport);
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new BadArg('options.options', 'must be an object of options of the socket');
  }
  for (const name of Object.keys(options)) {
    if (transport.own.has(name)) throw new BadArg(`options.options.${name}`, 'is set by messaging itself: leave it out');
  }
  return {
    transport,
    requests: checkCodec(requests, 'options.requests'),
    responses: checkCodec(responses, 'options.responses'),
    maxMessageBytes: checkCount(maxMessageBytes, 'options.maxMessageBytes', mostBytes),
    queueLength: checkCount(queueLength, 'options.queueLength', longestQueue),
    queueBytes: checkCount(queueBytes, 'options.queueBytes', Number.MAX_SAFE_INTEGER),
    options,
  };
}

/** Those that have been used. */
const transports = new WeakMap<object, Transport>();

/** @throws BadArg unless it is one of those that messages can go by */
function transportOf(transport: unknown): Transport {
  const given = transport as Partial<Tcp & Sctp> | null | undefined;
  if (typeof given === 'object' && given !== null) {
    const known = transports.get(given);
    if (known !== undefined) return known;
    const made = newTransport(given);
    if (made !== undefined) {
      transports.set(given, made);
      return made;
    }
  }
  throw new BadArg('options.transport', 'must be `tcp` of mailport/tcp, `sctp` of mailport/sctp, or `tcp` of a simulated host');
}

function newTransport(given: Partial<Tcp & Sctp>): Transport | undefined {
  if (typeof given.listen === 'function' && typeof given.connect === 'function') return overTcp(given as Tcp);
  if (typeof given.open === 'function' && typeof given.stack === 'function') return overSctp(given as Sctp);
  return undefined;
}

function checkObject(options: unknown, keys: ReadonlySet<string>): void {
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
  checkKeys('options', options, keys);
}

function checkCount(count: unknown, argument: string, most: number): number {
  if (Number.isInteger(count) && (count as number) >= 1 && (count as number) <= most) return count as number;
  throw new BadArg(argument, `must be an integer in 1..${most}`);
}

/** How a call waits: the timeout, and a signal or the `self` of the caller. @throws BadArg */
export function planWait(
  timeoutMs: number,
  options: WaitOptions | undefined,
): { readonly caller: Pid | undefined; readonly timeoutMs: number; readonly signal: AbortSignal | undefined } {
  checkTimeout(timeoutMs);
  const signal = checkSignal(options);
  return { caller: options !== undefined && 'pid' in options ? checkCaller(options) : undefined, timeoutMs, signal };
}
