/** Each call with each argument wrong, missing or of another kind: BadArg by name, at once, and nothing has happened. */
import { describe, expect, test } from 'vitest';
import {
  accept,
  type Connection,
  type Connector,
  close,
  closeConnector,
  connect,
  connectorsOver,
  getEndPoint,
  newConnector,
} from '../../actors/connector/index.js';
import { tcp } from '../../actors/tcp/index.js';
import { BadArg } from '../../runtime/index.js';
import { closeAll, nextTurn, opened, pair, self, transports } from './subjects.js';

/** The message of the BadArg that a call throws before it returns. */
function thrown(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof BadArg) return error.message;
    throw error;
  }
  return 'nothing was thrown';
}

const nobody = { pid: self.pid } as never;
const good = { addr: '127.0.0.1', port: 7 };

const wrongEndpoints: readonly (readonly [endpoint: unknown, argument: string])[] = [
  [undefined, 'endpoint'],
  [null, 'endpoint'],
  ['127.0.0.1:7', 'endpoint'],
  [{}, 'endpoint.addr'],
  [{ port: 7 }, 'endpoint.addr'],
  [{ addr: 'localhost', port: 7 }, 'endpoint.addr'],
  [{ addr: '127.0.0', port: 7 }, 'endpoint.addr'],
  [{ addr: 2130706433, port: 7 }, 'endpoint.addr'],
  [{ addr: null, port: 7 }, 'endpoint.addr'],
  [{ addr: '127.0.0.1' }, 'endpoint.port'],
  [{ addr: '127.0.0.1', port: '7' }, 'endpoint.port'],
  [{ addr: '127.0.0.1', port: -1 }, 'endpoint.port'],
  [{ addr: '127.0.0.1', port: 65_536 }, 'endpoint.port'],
  [{ addr: '127.0.0.1', port: 7.5 }, 'endpoint.port'],
  [{ addr: '127.0.0.1', port: null }, 'endpoint.port'],
  [{ address: '127.0.0.1', port: 7 }, 'endpoint.address'],
];

const wrongMeetings: readonly (readonly [options: unknown, argument: string])[] = [
  [null, 'options'],
  ['sctp', 'options'],
  [{ transport: 'udp' }, 'options.transport'],
  [{ transport: tcp }, 'options.transport'],
  [{ rendezvous: 1 }, 'options.rendezvous'],
  [{ rendezvouz: false }, 'options.rendezvouz'],
];

describe('newConnector', () => {
  test.each(wrongEndpoints)('endpoint %j', (endpoint, argument) => {
    expect(thrown(() => newConnector(self, endpoint as never))).toContain(`${argument}: `);
  });
  test.each([...wrongMeetings, [{ signal: new AbortController().signal }, 'options.signal'] as const])(
    'options %j',
    (options, argument) => {
      expect(thrown(() => newConnector(self, good, options as never))).toContain(`${argument}: `);
    },
  );
  test.each([[undefined], [null], [nobody], [self.pid]])('self %s', (caller) => {
    expect(thrown(() => newConnector(caller as never, good))).toContain('self: ');
  });
});

describe('connect', () => {
  test.each([...wrongEndpoints, [{ addr: '127.0.0.1', port: 0 }, 'endpoint.port'] as const])(
    'endpoint %j',
    (endpoint, argument) => {
      expect(thrown(() => connect(self, endpoint as never))).toContain(`${argument}: `);
    },
  );
  test.each([...wrongMeetings, [{ signal: 'x' }, 'options.signal'] as const, [{ signal: null }, 'options.signal'] as const])(
    'options %j',
    (options, argument) => {
      expect(thrown(() => connect(self, good, options as never))).toContain(`${argument}: `);
    },
  );
  test.each([[undefined], [nobody]])('self %s', (caller) => {
    expect(thrown(() => connect(caller as never, good))).toContain('self: ');
  });
});

test('accept, getEndPoint, closeConnector and close', async () => {
  const connector = await opened();
  for (const wrong of [undefined, null, {}, 7, tcp]) {
    expect(thrown(() => accept(self, wrong as never))).toContain('connector: ');
    expect(thrown(() => getEndPoint(wrong as never))).toContain('connector: ');
    expect(thrown(() => closeConnector(wrong as never))).toContain('connector: ');
    expect(thrown(() => close(wrong as never))).toContain('connection: ');
  }
  expect(thrown(() => accept(nobody, connector))).toContain('self: ');
  expect(thrown(() => accept(self, connector, { signal: 1 } as never))).toContain('options.signal: ');
  expect(thrown(() => accept(self, connector, { timeout: 1 } as never))).toContain('options.timeout: ');
  expect(thrown(() => accept(self, connector, null as never))).toContain('options: ');
  expect(thrown(() => close(connector as never))).toContain('connection: ');
  expect(connector.waitingServers).toBe(0);
  closeConnector(connector);
});

test('connectorsOver', () => {
  expect(thrown(() => connectorsOver(null as never))).toContain('transports: ');
  expect(thrown(() => connectorsOver({ udp: {} } as never))).toContain('transports.udp: ');
  const onlyTcp = connectorsOver({ tcp });
  expect(thrown(() => onlyTcp.connect(self, good, { transport: 'sctp' }))).toContain("options.transport: must be 'tcp'");
});

describe.each(transports)('a connection over %s', (transport) => {
  const calls: readonly (readonly [call: (connection: Connection) => unknown, argument: string])[] = [
    [(connection) => connection.read(0), 'count'],
    [(connection) => connection.read(-1), 'count'],
    [(connection) => connection.read(1.5), 'count'],
    [(connection) => connection.read(64 * 1024 * 1024 + 1), 'count'],
    [(connection) => connection.read('5' as never), 'count'],
    [(connection) => connection.read(null as never), 'count'],
    [(connection) => connection.read(1, { signal: 1 } as never), 'options.signal'],
    [(connection) => connection.read({ signals: undefined } as never), 'options.signals'],
    [(connection) => connection.write(5 as never), 'data'],
    [(connection) => connection.write(undefined as never), 'data'],
    [(connection) => connection.write([256]), 'data'],
    [(connection) => connection.write('x', { signal: {} } as never), 'options.signal'],
    [(connection) => connection.close({} as never), 'self'],
    [(connection) => connection.controllingProcess({} as never, self.pid), 'self'],
    [(connection) => connection.controllingProcess(self, 'name' as never), 'newOwner'],
    [(connection) => connection.controllingProcess(self, self.pid, null as never), 'options'],
    [(connection) => connection.controllingProcess(self, self.pid, { active: true } as never), 'options.active'],
  ];

  test('refuses each wrong argument, and goes on', async () => {
    const { server, client } = await pair({ transport });
    for (const [call, argument] of calls) expect(thrown(() => call(client))).toContain(`${argument}: `);
    await nextTurn();
    await client.write('x');
    expect(String(await server.read(1))).toBe('x');
    await closeAll(server, client);
  });
});

test('an actor that has ended cannot call', async () => {
  const connector: Connector = await opened();
  const { spawn } = await import('../../runtime/index.js');
  let dead: typeof self | undefined;
  spawn(async (own) => {
    dead = own as typeof self;
  });
  while (dead === undefined) await nextTurn();
  await nextTurn();
  expect(() => accept(dead!, connector)).toThrow('normal');
  expect(() => connect(dead!, getEndPoint(connector))).toThrow('normal');
  expect(() => newConnector(dead!, good)).toThrow('normal');
  closeConnector(connector);
});
