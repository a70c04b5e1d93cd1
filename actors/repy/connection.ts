/** `openconn`: a connection that this side opens, with its row in tcp_conn_table. */
import { isIPv4 } from 'node:net';
import type { AnySelf } from '../../runtime/index.js';
import { familyOf, inetLiteral, resolveWithin, SocketError } from '../socket/index.js';
import type { TcpConnectOptions, TcpSocket } from '../tcp/index.js';
import { type CheckedEnd, isAnyIp, plainIp } from './arguments.js';
import { asOwn, raised } from './reasons.js';
import type { Sandbox } from './sandbox.js';
import { RepySocket } from './socket.js';
import type { TcpConnRow } from './tables.js';

/** Bytes that one read of a connection takes, and so the most that a socket holds of what nobody has asked for. */
export const readBytes: number = 64 * 1024;
/** How many milliseconds a closed socket goes on sending while nothing leaves. */
const flushTimeout = 5000;

/** Options that the connections of both sides have. */
export const streamOptions = { active: false, buffer: readBytes, flushTimeout } as const;

export interface OpenconnPlan extends CheckedEnd {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** What is known of the ends of a connection: the system need not be asked. */
interface KnownEnds {
  readonly localip?: string | undefined;
  readonly remote?: { readonly address: string; readonly port: number } | undefined;
}

/** The row of a connection. Undefined if the remote end has gone already. */
export function connectionRow(tcp: TcpSocket, known: KnownEnds = {}): TcpConnRow | undefined {
  try {
    const remote = known.remote ?? tcp.peername();
    const local = known.localip === undefined ? tcp.sockname() : { address: known.localip, port: tcp.port };
    if (!('port' in local && 'port' in remote)) return undefined;
    return { localip: local.address, localport: local.port, remoteip: remote.address, remoteport: remote.port };
  } catch (error) {
    if (error instanceof SocketError) return undefined;
    throw error;
  }
}

/** The conditions are asked in the order of the document. */
export async function openconn(sandbox: Sandbox, plan: OpenconnPlan): Promise<RepySocket> {
  const { creator, budget } = sandbox;
  try {
    const self = await sandbox.started;
    const { clock } = self.system;
    const untilMs = plan.timeoutMs === Number.POSITIVE_INFINITY ? plan.timeoutMs : clock.now() + plan.timeoutMs;
    const isTold = plan.localip !== undefined && plan.localport !== undefined && !isAnyIp(plan.localip);
    const wanted = isTold ? await wantedRow(plan, plan.localip, plan.localport) : undefined;
    // The row stands in the table when the connection is there; until then nobody else may want it.
    const isTaken = wanted !== undefined && (sandbox.connections.find(wanted) ?? sandbox.opening.find(wanted)) !== undefined;
    if (isTaken) throw raised('eaddrinuse', 'openconn', creator, { address: plan.host, port: plan.port, detail: taken });
    if (!budget.takeSocket()) throw raised('emfile', 'openconn', creator, { detail: noSocket(budget.sockets) });
    if (wanted === undefined) return await connect(sandbox, self, plan, undefined);
    const timeoutMs = untilMs === Number.POSITIVE_INFINITY ? untilMs : Math.max(0, Math.ceil(untilMs - clock.now()));
    return await connect(sandbox, self, { ...plan, host: wanted.remoteip, timeoutMs }, wanted);
  } catch (error) {
    throw asOwn(error, 'openconn', creator);
  }
}

/** A socket of the budget has been set aside. It is the connection's, or is given back. */
async function connect(
  sandbox: Sandbox,
  self: AnySelf,
  { host, port, localip, localport, timeoutMs }: OpenconnPlan,
  wanted: TcpConnRow | undefined,
): Promise<RepySocket> {
  const attempt = {};
  let row: TcpConnRow | undefined;
  if (wanted !== undefined) sandbox.opening.place(wanted, attempt);
  try {
    const tcp = await sandbox.network.tcp.connect(self, host, port, optionsOf(localip, localport), timeoutMs);
    row = connectionRow(tcp, {
      localip: localip === undefined || isAnyIp(localip) ? undefined : localip,
      remote: isIPv4(host) && !isAnyIp(host) ? { address: host, port } : undefined,
    });
    if (row !== undefined) return new RepySocket(sandbox, self, tcp, row);
    await tcp.close(self);
    throw new SocketError('econnreset', 'connect', { address: host, port });
  } finally {
    if (wanted !== undefined) sandbox.opening.remove(wanted, attempt);
    if (row === undefined) sandbox.budget.giveSocket();
  }
}

function optionsOf(localip: string | undefined, localport: number | undefined): TcpConnectOptions {
  if (localip === undefined && localport === undefined) return streamOptions;
  return {
    ...streamOptions,
    ...(localip === undefined ? {} : { ip: localip }),
    // One local end may have connections to several remote ends: rows differ if any column does.
    ...(localport === undefined ? {} : { port: localport, reuseaddr: true }),
  };
}

/** The row that the connection will have. It can be told before the connection is there, since the local end is given. */
async function wantedRow({ host, port, timeoutMs }: OpenconnPlan, localip: string, localport: number): Promise<TcpConnRow> {
  const family = familyOf(localip) === 6 ? 6 : 4;
  const literal = inetLiteral(host, family, 'connect');
  const [address = host] = literal === undefined ? await resolveWithin([host], family, timeoutMs, 'connect') : [literal];
  return { localip, localport, remoteip: plainIp(address) ?? address, remoteport: port };
}

const taken = 'this sandbox has a connection between the very same two ends: close it first, or choose another localport';

function noSocket(sockets: number): string {
  return `all ${sockets} sockets of the sandbox are in use: close one first, or give createRepy more`;
}
