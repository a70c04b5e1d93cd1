/** What tests of connectors have in common: connectors on loopback over each transport, and a check that each test leaves no socket open and no message. */
import {
  accept,
  type Connection,
  type Connector,
  connect,
  type Endpoint,
  getEndPoint,
  IPError,
  type MeetingOptions,
  newConnector,
  type TransportName,
} from '../../actors/connector/index.js';
import { sctp } from '../../actors/sctp/index.js';
import { tcp } from '../../actors/tcp/index.js';
import { mainActor, type Pid, type Self, spawn } from '../../runtime/index.js';
import { failOnLeftovers } from '../support/setup.js';

export const self: Self<unknown> = mainActor<unknown>();

/** What a suite runs over. */
export const transports: readonly TransportName[] = ['tcp', 'sctp'];

export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}

failOnLeftovers(async () => {
  const open = () => [...tcp.openSockets(), ...sctp.openSockets()];
  for (let turn = 0; turn < 50 && open().length > 0; turn += 1) await nextTurn();
  const left = open().map(String);
  // A test that failed must not take the next ones with it.
  for (const socket of open()) void socket.close();
  const waiting: unknown[] = [];
  for (let message = await self.receive({ after: 0 }); message !== undefined; message = await self.receive({ after: 0 })) {
    waiting.push(message);
  }
  return waiting.length === 0 ? left : [...left, `messages: ${waiting.map(String).join(' ').slice(0, 200)}`];
});

const loopback: Endpoint = { addr: '127.0.0.1', port: 0 };

/** A connector on loopback. */
export const opened = (options: MeetingOptions = {}): Promise<Connector> => newConnector(self, loopback, options);

export interface Pair {
  readonly server: Connection;
  readonly client: Connection;
}

/** Both ends of a connection that the main actor owns. */
export async function pair(options: MeetingOptions = {}): Promise<Pair> {
  const connector = await opened(options);
  const [server, client] = await Promise.all([accept(self, connector), connect(self, getEndPoint(connector), options)]);
  connector.close();
  return { server, client };
}

export async function closeAll(...connections: readonly Connection[]): Promise<void> {
  await Promise.all(connections.map((connection) => connection.close()));
}

/** How a call fails: the kind and the atoms of an IPError, else the reason. */
export function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => `no failure: ${String(value)}`,
    (error: unknown) => {
      if (error instanceof IPError) return `${error.kind} ${error.reason}`;
      return (error as { readonly reason?: unknown }).reason ?? error;
    },
  );
}

/** Whether a promise has settled by now, without waiting for it. */
export async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  const waits = Symbol('waits');
  const first = await Promise.race([promise.catch(() => undefined), nextTurn().then(() => waits)]);
  return first !== waits;
}

/** An actor that runs `body`, and the promise of its result. */
export function actor<Result>(body: (own: Self<unknown>) => Promise<Result>): {
  readonly pid: Pid<unknown>;
  readonly result: Promise<Result>;
} {
  let settle!: (result: Promise<Result>) => void;
  const result = new Promise<Result>((resolve) => (settle = resolve));
  const pid = spawn(async (own: Self<unknown>) => {
    const running = body(own);
    settle(running);
    await running;
  });
  return { pid, result };
}

/** The reason for which a call throws, '' if it does not. */
export function failureNow(call: () => unknown): unknown {
  try {
    call();
    return '';
  } catch (error) {
    return error instanceof IPError ? `${error.kind} ${error.reason}` : ((error as { reason?: unknown }).reason ?? error);
  }
}

export function deferred<Value>(): {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value | PromiseLike<Value>) => void;
} {
  let resolve!: (value: Value | PromiseLike<Value>) => void;
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}
