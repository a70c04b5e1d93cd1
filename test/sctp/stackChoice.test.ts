/** Which stack a socket gets, and sockets of both side by side (OPN-4). */
import { describe, expect, test } from 'vitest';
import { createSctp } from '../../actors/sctp/open.js';
import { kernelProblem, stacks } from '../../actors/sctp/stacks.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { noLeftovers, overStacks } from './subjects.js';

const self = mainActor();

overStacks((sctp, name) => {
  test('a stack that is not there is refused by name (OPN-4)', async () => {
    const other = name === 'kernel' ? 'embedded' : 'kernel';
    await expect(sctp.open(self, 0, { stack: other })).rejects.toMatchObject({
      reason: 'esocktnosupport',
      message: expect.stringContaining(other),
    });
    expect(sctp.openSockets()).toEqual([]);
  });
});

describe('the choice of a stack', () => {
  const sctp = createSctp(stacks);
  noLeftovers(sctp);
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });

  test('stack says which and why, and MAILPORT_SCTP decides (OPN-4)', async () => {
    const before = process.env.MAILPORT_SCTP;
    try {
      delete process.env.MAILPORT_SCTP;
      const there = kernelProblem() === undefined;
      expect(sctp.stack()).toEqual({ name: there ? 'kernel' : 'embedded', why: expect.stringContaining('kernel') });
      process.env.MAILPORT_SCTP = 'kernel';
      expect(sctp.stack()).toEqual({ name: 'kernel', why: expect.stringContaining('MAILPORT_SCTP') });
      if (kernelProblem() === undefined) {
        const socket = await open();
        expect(socket.info().stack).toBe('kernel');
        socket.close();
      } else {
        await expect(open()).rejects.toMatchObject({
          reason: kernelProblem(),
          message: expect.stringContaining('MAILPORT_SCTP'),
        });
      }
      const told = await open({ stack: 'embedded' });
      expect(told.info().stack).toBe('embedded');
      told.close();
      process.env.MAILPORT_SCTP = 'userland';
      expect(() => sctp.stack()).toThrow(BadArg);
    } finally {
      if (before === undefined) delete process.env.MAILPORT_SCTP;
      else process.env.MAILPORT_SCTP = before;
    }
  });

  test('sockets of both stacks work side by side', async ({ skip }) => {
    if (kernelProblem() !== undefined) skip(`this kernel has no SCTP: ${kernelProblem()}`);
    const pairs = [];
    for (const stack of ['kernel', 'embedded'] as const) {
      const server = await open({ stack });
      await server.listen(true);
      const client = await open({ stack });
      const { assocId } = await client.connect('127.0.0.1', server.port);
      await client.send(assocId, 0, stack);
      pairs.push({ stack, server, client });
    }
    for (const { stack, server, client } of pairs) {
      await server.recv();
      expect(String((await server.recv())[3])).toBe(stack);
      client.close();
      server.close();
    }
  });
});
