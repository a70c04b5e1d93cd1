/** Endpoints: what `newConnector` makes of an address and a port, null ones among them, and where `connect` goes. */
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import {
  accept,
  type Connector,
  closeConnector,
  connect,
  connectorsOver,
  type Endpoint,
  getEndPoint,
  IPError,
  newConnector,
  nullAddress,
  nullAddress6,
  nullPort,
} from '../../actors/connector/index.js';
import { SocketError } from '../../actors/socket/index.js';
import { type Tcp, tcp } from '../../actors/tcp/index.js';
import { closeAll, failure, opened, self, transports } from './subjects.js';

const ownAddresses = Object.values(networkInterfaces())
  .flat()
  .filter((each) => each?.family === 'IPv4')
  .map((each) => each!.address);

describe.each(transports)('over %s', (transport) => {
  const options = { transport } as const;

  async function meet(connector: Connector, endpoint: Endpoint): Promise<string> {
    const [server, client] = await Promise.all([accept(self, connector), connect(self, endpoint, options)]);
    await client.write('hello');
    const heard = String(await server.read(5));
    await closeAll(server, client);
    return heard;
  }

  test('a connector has the endpoint that it was made with', async () => {
    const first = await opened(options);
    const { port } = getEndPoint(first);
    closeConnector(first);
    const connector = await newConnector(self, { addr: '127.0.0.1', port }, options);
    expect(getEndPoint(connector)).toEqual({ addr: '127.0.0.1', port });
    expect(await meet(connector, { addr: '127.0.0.1', port })).toBe('hello');
    closeConnector(connector);
    expect(getEndPoint(connector)).toEqual({ addr: '127.0.0.1', port });
  });

  test('a null port is one that the system chooses, each time another', async () => {
    const connectors = await Promise.all([opened(options), opened(options), opened(options)]);
    const ports = connectors.map((connector) => getEndPoint(connector).port);
    expect(ports.every((port) => port > 0)).toBe(true);
    expect(new Set(ports).size).toBe(3);
    for (const connector of connectors) {
      expect(await meet(connector, getEndPoint(connector))).toBe('hello');
      closeConnector(connector);
    }
  });

  test('a port that is taken is PortBusy, and the connector there goes on', async () => {
    const connector = await opened(options);
    const error = await newConnector(self, getEndPoint(connector), options).catch((failed: unknown) => failed);
    expect(error).toBeInstanceOf(IPError);
    expect(error).toMatchObject({
      kind: 'IP.Error',
      reason: 'PortBusy',
      atoms: ['PortBusy', 'eaddrinuse'],
      operation: 'newConnector',
    });
    expect(await meet(connector, getEndPoint(connector))).toBe('hello');
    closeConnector(connector);
  });

  test('a port can be taken again as soon as its connector is closed, beside connections that came by it', async () => {
    const first = await opened(options);
    const endpoint = getEndPoint(first);
    const [server, client] = await Promise.all([accept(self, first), connect(self, endpoint, options)]);
    closeConnector(first);
    const second = await newConnector(self, endpoint, options);
    expect(await meet(second, endpoint)).toBe('hello');
    closeConnector(second);
    await closeAll(server, client);
  });

  test('an address of somebody else is refused, and its atoms say so', async () => {
    const error = await newConnector(self, { addr: '192.0.2.1', port: nullPort }, options).catch((failed: unknown) => failed);
    expect(error).toMatchObject({ reason: 'Unexpected', atoms: ['Unexpected', 'eaddrnotavail'] });
  });

  test('a connector with the null address is on every address of this machine', async () => {
    const connector = await newConnector(self, { addr: nullAddress, port: nullPort }, options);
    const { addr, port } = getEndPoint(connector);
    expect(addr).toBe(nullAddress);
    expect(ownAddresses.length).toBeGreaterThan(0);
    for (const own of [...ownAddresses, '127.0.0.2']) expect(await meet(connector, { addr: own, port })).toBe('hello');
    closeConnector(connector);
  });

  test('a connector with an address is on no other', async () => {
    const connector = await newConnector(self, { addr: '127.0.0.2', port: nullPort }, options);
    const { port } = getEndPoint(connector);
    expect(await failure(connect(self, { addr: '127.0.0.3', port }, options))).toBe('IP.Error Refused');
    expect(await meet(connector, { addr: '127.0.0.2', port })).toBe('hello');
    closeConnector(connector);
  });

  test('connect to the null address is this machine', async () => {
    const connector = await newConnector(self, { addr: '127.0.0.1', port: nullPort }, options);
    expect(await meet(connector, { addr: nullAddress, port: getEndPoint(connector).port })).toBe('hello');
    closeConnector(connector);
  });

  test('with the null address of IPv6 too, where a connector takes both families', async () => {
    const connector = await newConnector(self, { addr: nullAddress6, port: nullPort }, options);
    const { port } = getEndPoint(connector);
    for (const addr of [nullAddress6, '::1', nullAddress]) expect(await meet(connector, { addr, port })).toBe('hello');
    closeConnector(connector);
  });
});

// A system without free ports or descriptors, which cannot be had here without taking them from everybody else.
test.each([
  [nullPort, 'eaddrinuse', 'NoResources'],
  [nullPort, 'emfile', 'NoResources'],
  [7, 'enobufs', 'NoResources'],
  [7, 'eaddrinuse', 'PortBusy'],
  [7, 'eacces', 'PortBusy'],
  [7, 'einval', 'Unexpected'],
])('port %i of a system that says %s is %s', async (port, said, atom) => {
  const refusing: Tcp = { ...tcp, listen: () => Promise.reject(new SocketError(said, 'listen')) };
  const error = await connectorsOver({ tcp: refusing })
    .newConnector(self, { addr: nullAddress, port })
    .catch((failed: unknown) => failed);
  expect(error).toMatchObject({ kind: 'IP.Error', reason: atom, atoms: [atom, said] });
});
