/** Closing sockets of the addon. CL-7: it shuts down gracefully, so what was sent still arrives. */
import { expect, test } from 'vitest';
import { kind, unlimitedCredit } from '../../native/index.js';
import { overStacks, StackUnderTest, until } from './stackUnderTest.js';

const text = (value: string) => Buffer.from(value);
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `message ${index}`);

overStacks((name) => {
  test('with unsent data delivers it first', async () => {
    const it = new StackUnderTest();
    const listener = it.listener();
    const socket = it.socket();
    const { local } = await it.associate(socket, listener);
    let sent = 0;
    while (it.send(socket, local, text(String(sent))) === 0) sent++;
    it.close(socket);
    expect((await it.messages(listener, sent)).map(Number)).toEqual(Array.from({ length: sent }, (_, index) => index));
    await it.next(listener, kind.shutdownEvent);
    expect((await it.next(listener, kind.assocChange)).state).toBe(3);
    if (name === 'embedded') await until(() => it.stack.stats().associations === 0);
  });

  test('with abort ends the association at once', async () => {
    const it = new StackUnderTest();
    const listener = it.listener();
    const socket = it.socket();
    await it.associate(socket, listener);
    it.close(socket, true);
    expect((await it.next(listener, kind.assocChange)).state).toBe(1);
  });

  test('delivers nothing more, not even from the batch that is being read', async () => {
    const it = new StackUnderTest();
    const listener = it.listener();
    const socket = it.socket();
    const { local } = await it.associate(socket, listener);
    it.stack.setCredit(listener, 1, unlimitedCredit);
    it.onBatch = () => it.close(listener, true);
    for (const message of numbered(10)) it.send(socket, local, text(message));
    expect((await it.next(socket, kind.assocChange)).state).toBe(1);
    expect(it.waiting(listener)).toEqual(numbered(1));
  });

  test('the port may be opened anew while the old associations shut down', async () => {
    const it = new StackUnderTest();
    const peer = new StackUnderTest();
    const listener = peer.listener();
    const socket = it.socket();
    const port = it.port(socket);
    const { local } = await it.associate(socket, listener, peer);
    it.send(socket, local, text('last words'));
    it.close(socket);
    const again = it.listener({ port });
    expect(it.port(again)).toBe(port);
    expect(await peer.messages(listener, 1)).toEqual([text('last words')]);
    expect((await peer.next(listener, kind.assocChange)).state).toBe(3);
    await peer.associate(peer.socket(), again, it);
  });

  test('of a listener leaves what was peeled off from it', async () => {
    const it = new StackUnderTest();
    const listener = it.listener();
    const socket = it.socket();
    const { local, remote } = await it.associate(socket, listener);
    const peeled = it.stack.peeloff(listener, remote);
    expect(peeled).toBeGreaterThan(0);
    it.stack.setCredit(peeled, unlimitedCredit, unlimitedCredit);
    expect(it.stack.sockname(peeled)).toEqual(it.stack.sockname(listener));
    it.close(listener);
    it.send(socket, local, text('still there'));
    expect(await it.messages(peeled, 1)).toEqual([text('still there')]);
    it.close(peeled);
    await it.next(socket, kind.shutdownEvent);
  });
});
