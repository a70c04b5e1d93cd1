/**
 * A process at one end is killed, and another one comes from the same port: Erlang's and mailport's, over the kernel's stack and over mailport's own. The
 * kernel ends the associations of a process that is killed (CL-12). A stack that dies with its process tells nobody, and the peer finds out when the new process comes (EV-15).
 */
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accepted, asActor, data, event, listening } from '../../interop/ours.js';
import { built } from '../../support/built.js';
import { Tool } from '../../support/tool.js';
import { shownBytes } from '../harness/bytes.js';
import { ErlangSide } from '../harness/erlangSide.js';
import { sctpOnErlang } from './erlangCalls.js';
import { missing } from './here.js';
import type { Call } from './script.js';
import { kernelUdpPort, processUdpPort, TwoHosts } from './twoHosts.js';

/** Fixed, so that the next one has the same: the other host is ours alone, and on this one it is above what the kernel gives away. */
const peerPort = 5001;
const ourPort = 62_001;
const program = fileURLToPath(new URL('./programs/peer.mjs', import.meta.url));
const text = (of: string) => shownBytes(Buffer.from(of));

describe('killed', () => {
  let hosts: TwoHosts;
  let erlang: ErlangSide | undefined;

  beforeEach((context) => context.skip(missing !== undefined, missing));
  beforeAll(() => {
    if (missing === undefined) hosts = new TwoHosts();
  });
  afterEach(() => erlang?.stop());
  afterAll(() => hosts?.close());

  const startErlang = async () => {
    erlang = new ErlangSide(sctpOnErlang, hosts.enter, hosts.there);
    await erlang.ready();
    await erlang.start('p');
    return (call: Call) => erlang!.perform('p', call);
  };

  describe.each(['kernel', 'embedded'] as const)('%s', (stack) => {
    const overUdp = stack === 'embedded' ? { encapsPort: processUdpPort, remoteEncapsPort: kernelUdpPort } : {};

    beforeEach(() => hosts.overUdp(stack === 'embedded'));

    // CL-12
    test('an Erlang node that is killed, and one that comes after it', { timeout: 60_000 }, () =>
      asActor(async (self) => {
        const [here, there] = [hosts.here[0]!, hosts.there[0]!];
        const socket = await listening(self, { stack, ip: here, ...overUdp });
        const connects = async (say: string) => {
          const erl = await startErlang();
          await erl(['open', 'c', { ip: there, port: peerPort }]);
          const change = await erl(['connect', 'c', here, socket.port]);
          const assocId = (change as unknown as { fields: { assocId: number } }).fields.assocId;
          expect(await erl(['send', 'c', assocId, 0, say])).toBe('ok');
          const ours = await accepted(self);
          expect((await data(self)).data.toString()).toBe(say);
          return ours;
        };
        const first = await connects('first');
        await erlang!.stop('SIGKILL');
        expect((await event(self, 'sctp_shutdown_event')).assocId).toBe(first);
        expect((await event(self, 'shutdown_comp')).assocId).toBe(first);
        const second = await connects('second');
        expect(second).not.toBe(first);
        await socket.abort(second);
        await event(self, 'comm_lost');
      }),
    );

    // CL-12, EV-15
    test('a mailport process that is killed, and one that comes after it', { timeout: 60_000 }, async () => {
      const [here, there] = [hosts.here[0]!, hosts.there[0]!];
      const erl = await startErlang();
      await erl(['open', 'l', { ip: there, port: peerPort }]);
      await erl(['listen', 'l', true]);
      const from = [here, ourPort, []];
      const change = (state: string) => [...from, { record: 'sctp_assoc_change', fields: { state } }];
      const start = async (say: string) => {
        const options = JSON.stringify({ stack, ip: here, port: ourPort, ...overUdp });
        built('actors/sctp/index.js'); // Which the program imports.
        const peer = new Tool([], process.execPath, program, options, there, peerPort, say);
        await peer.prints(/connected/);
        return peer;
      };
      const first = await start('first');
      expect(await erl(['recv', 'l'])).toMatchObject(change('comm_up'));
      expect(await erl(['recv', 'l'])).toMatchObject([here, ourPort, [{}], text('first')]);
      await first.kill();
      if (stack === 'kernel') {
        expect(await erl(['recv', 'l'])).toMatchObject([...from, { record: 'sctp_shutdown_event' }]);
        expect(await erl(['recv', 'l'])).toMatchObject(change('shutdown_comp'));
      }
      const second = await start('second');
      expect(await erl(['recv', 'l'])).toMatchObject(change(stack === 'kernel' ? 'comm_up' : 'restart'));
      expect(await erl(['recv', 'l'])).toMatchObject([here, ourPort, [{}], text('second')]);
      await second.kill();
    });
  });
});
