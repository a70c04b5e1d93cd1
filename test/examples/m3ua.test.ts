/** The M3UA example: gateway and ASPs with each other over both stacks, their supervisors, and the programs as users run them (RFC 4666). */
import { type Pid, reply, type SupervisorMessage, send, server } from 'mailport';
import { sctp } from 'mailport/sctp';
import { describe, expect, test } from 'vitest';
import type { Asp } from '../../examples/m3uaAsp.js';
import { asp, gateway, M3uaPeer, payload, ppid, told, type UserMessage } from './m3uaStage.js';
import { type Actors, actors, child, end, overStacks, RawPeer } from './peers.js';
import { Program } from './program.js';

overStacks((options) => {
  const stage = async (config: Parameters<typeof gateway>[2] = {}) => {
    const the = actors<UserMessage>();
    return { the, ...(await gateway(the, options, config)) };
  };

  describe('gateway and ASPs', () => {
    test('come up, carry payload both ways in order, and leave in good order', async () => {
      const { the, port } = await stage();
      const tops = [await asp(the, options, port, 1), await asp(the, options, port, 2)];
      const asps = new Map<number, Asp>();
      const states: string[] = [];
      while (states.filter((state) => state === 'active').length < 2) {
        const [from, { state }] = await told(the.main, 'asp');
        states.push(state);
        if (state === 'active') asps.set(asps.size + 1, from);
      }
      expect(states.filter((state) => state === 'inactive')).toHaveLength(2);
      const [one, two] = [asps.get(1)!, asps.get(2)!];
      const count = 300;
      for (let n = 0; n < count; n += 1) {
        send(one, { type: 'transfer', data: payload(1, 2, `from 1: ${n}`) });
        send(two, { type: 'transfer', data: payload(2, 1, `from 2: ${n}`) });
      }
      const texts: Record<number, string[]> = { 1: [], 2: [] };
      for (let n = 0; n < 2 * count; n += 1) {
        const [, { data }] = await told(the.main, 'transfer');
        texts[data.originPointCode]!.push(data.userData.toString());
      }
      for (const from of [1, 2]) expect(texts[from]).toEqual(Array.from({ length: count }, (_, n) => `from ${from}: ${n}`));
      const ends = tops.map((top) => the.main.monitor(top));
      for (const each of [one, two]) send(each, { type: 'leave' });
      for (const ref of ends)
        expect(await the.main.receive((each) => (each as readonly unknown[])[1] === ref)).toMatchObject({ 4: 'shutdown' });
      expect(the.crashes).toEqual([]);
    });

    test('a lost association is built up anew, with whichever gateway is there then', async () => {
      const { the, top, port } = await stage();
      await asp(the, options, port, 1, { reconnectMs: 1 });
      await untilActive(the);
      await end(the.main, top);
      expect((await told(the.main, 'asp'))[1].state).toBe('connecting');
      // No gateway is there, and the ASP keeps trying.
      expect((await told(the.main, 'error'))[1].error).toContain('cant_assoc');
      await gateway(the, options, { port });
      const asp1 = await untilActive(the);
      await (await M3uaPeer.connect(the.main, options, port)).activate(2);
      send(asp1, { type: 'transfer', data: payload(1, 1, 'to itself') });
      expect((await told(the.main, 'transfer'))[1].data).toEqual(payload(1, 1, 'to itself'));
      expect(the.crashes).toEqual([]);
    });

    test('an ASP whose beats are not answered begins anew', async () => {
      const the = actors<UserMessage>();
      const socket = await sctp.open(the.main, options);
      await socket.listen(true);
      await asp(the, options, socket.port, 1, { beatEveryMs: 1, beatWithinMs: 1, reconnectMs: 1 });
      for (let round = 0; round < 2; round += 1)
        expect(await (await RawPeer.accept(the.main, socket, ppid)).next()).toBeInstanceOf(Buffer);
      expect(the.crashes).toEqual([]);
    });

    test('an ASP asks again until it is answered', async () => {
      const the = actors<UserMessage>();
      const socket = await sctp.open(the.main, options);
      await socket.listen(true);
      await asp(the, options, socket.port, 1, { ackMs: 1 });
      const peer = new M3uaPeer(await RawPeer.accept(the.main, socket, ppid));
      for (const [asked, answer] of [
        ['ASPUP', 'ASPUP_ACK'],
        ['ASPAC', 'ASPAC_ACK'],
      ] as const) {
        await peer.until(asked);
        await peer.until(asked);
        await peer.say(answer);
      }
      await untilActive(the);
      // RFC 4666 §4.3.4.2: the ASP asks again for the state that the gateway took from it.
      await peer.say('ASPDN_ACK');
      await peer.until('ASPUP');
    });

    test('an ASP that is not wanted fails, and after some tries its supervisor gives up', async () => {
      const { the, port } = await stage();
      const top = await asp(the, options, port, 99);
      const ended = the.main.monitor(top);
      expect(await the.main.receive(reply(ended))).toMatchObject({ 4: 'shutdown' });
      const failures = the.crashes.filter(({ label }) => label === 'ASP 99').map(({ reason }) => String(reason));
      expect(failures).toEqual(Array(2).fill('Error: the gateway refuses: Invalid ASP Identifier'));
    });
  });

  describe('supervision', () => {
    test('a session that fails takes its own association with it, and no other', async () => {
      const sessions: string[] = [];
      const { the, top, port } = await stage({ log: (line) => sessions.push(line) });
      const [first, second] = [await M3uaPeer.connect(the.main, options, port), await M3uaPeer.connect(the.main, options, port)];
      await first.activate(1);
      await second.activate(2);
      const [session] = server.sessions(await child(the.main, top, 'server'));
      await end(the.main, session!, 'a fault');
      expect(await first.next()).toBe('shutdown_comp');
      // The application server has heard that the ASP is gone: it keeps payload for it.
      await second.say('DATA', { protocolData: payload(2, 1, 'kept') }, 1);
      const third = await M3uaPeer.connect(the.main, options, port);
      await third.activate(1);
      expect((await third.until('DATA'))[1].protocolData).toEqual(payload(2, 1, 'kept'));
    });

    test('a listener that fails is restarted, and neither the port nor the sessions are lost', async () => {
      const { the, top, port } = await stage();
      const before = await M3uaPeer.connect(the.main, options, port);
      await before.activate(1);
      const serving = (await child(the.main, top, 'server')) as Pid<SupervisorMessage>;
      await end(the.main, await child(the.main, serving, 'listener'), 'a fault');
      while (server.info(serving)?.listening !== true) await new Promise(setImmediate);
      const after = await M3uaPeer.connect(the.main, options, port);
      await after.activate(2);
      await after.say('DATA', { protocolData: payload(2, 1, 'across') }, 1);
      expect((await before.until('DATA'))[1].protocolData).toEqual(payload(2, 1, 'across'));
    });

    test('if an application server fails all sessions begin anew', async () => {
      const { the, top, port } = await stage();
      const peer = await M3uaPeer.connect(the.main, options, port);
      await peer.activate(2);
      await end(the.main, await child(the.main, top, 'application server 1'), 'a fault');
      expect(await peer.next()).toBe('shutdown_comp');
      await (await M3uaPeer.connect(the.main, options, port)).activate(1);
    });
  });
});

async function untilActive(the: Actors<UserMessage>): Promise<Asp> {
  for (;;) {
    const [own, { state }] = await told(the.main, 'asp');
    if (state === 'active') return own;
  }
}

test('as users run it: two ASPs talk through a gateway', async () => {
  const sg = new Program('m3ua', 'sg', 0);
  const [, port = ''] = await sg.prints(/gateway \| listens on 127\.0\.0\.1:(\d+)/);
  const answering = new Program('m3ua', 'asp', 1, port);
  await answering.prints(/ASP 1 \| its application server is AS-ACTIVE/);
  const asking = new Program('m3ua', 'asp', 2, port, '127.0.0.1', 1, 'hello');
  expect(await asking.status()).toBe(0);
  expect(asking.output).toContain('ASP 2 | 1 sends <<"hello yourself">>');
  expect(asking.output).toContain('ASP 2 | has ended: shutdown');
  expect(answering.output).toContain('ASP 1 | 2 sends <<"hello">>');
  answering.signal('SIGINT');
  expect(await answering.status()).toBe(0);
  sg.signal('SIGTERM');
  expect(await sg.status()).toBe(0);
});

test('as users run it: what is not understood is answered by how to use it', async () => {
  const program = new Program('m3ua', 'asp');
  expect(await program.status()).toBe(2);
  expect(program.output).toContain('usage: m3ua.js sg [port] [host]');
});
