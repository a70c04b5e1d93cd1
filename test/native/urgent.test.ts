/** A record that is delivered out of turn (room to send, the answer of a connect) changes nothing for other sockets. */
import { expect, test } from 'vitest';
import { flag, unlimitedCredit } from '../../native/index.js';
import { overStacks, StackUnderTest, until } from './stackUnderTest.js';

overStacks(() => {
  test('an urgent record of one socket does not hide from drain the records that wait for another', async () => {
    const it = new StackUnderTest();
    const listener = it.listener();
    const [reader, writer] = [it.socket(), it.socket()];
    const read = await it.associate(reader, listener);
    const written = await it.associate(writer, listener);
    it.stack.setCredit(listener, 0, unlimitedCredit);
    it.stack.setCredit(reader, 0, unlimitedCredit);
    expect(it.send(listener, read.remote, Buffer.from('waits'))).toBe(0);
    await until(() => it.stack.queuedBytes(reader)[0] > 0);
    while (it.send(writer, written.local, Buffer.alloc(60_000)) === 0);
    // Frees the send buffer, so that the writer gets a record that there is room.
    expect(it.stack.send(writer, written.local, 0, flag.abort, 0, 0, 0, false, Buffer.alloc(0))).toBe(0);
    it.stack.setCredit(reader, unlimitedCredit, unlimitedCredit);
    expect(it.stack.drain(reader)).toBe(1);
  });
});
