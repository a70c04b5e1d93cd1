/** SCTP of IP itself with usrsctp, which uses raw sockets where no port of UDP is given for its peer: two hosts that know no encapsulation. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ipHosts, noRawIp } from '../sctp/ipHosts.js';
import { accepted, asActor, connectTo, event, listening, messages, open, payload } from './ours.js';
import { freeUdpPort, missing, Program, port, titled } from './usrsctp.js';

beforeEach((context) => {
  if (noRawIp !== undefined) context.skip(noRawIp);
});

describe.skipIf(missing !== undefined)(titled('usrsctp over IP'), () => {
  test.each(['ip', 'ip6'] as const)('by %s its echo_server gives every message back whole', async (kind) => {
    const [here, there] = await ipHosts();
    await asActor(async (self) => {
      // The port of UDP is its own. It has none for us.
      new Program('echo_server', [await freeUdpPort()], there.netns);
      const socket = await open(self, { over: 'ip', stack: 'embedded', netns: here.netns, ip: here[kind] });
      const { assocId } = await connectTo(socket, there[kind], port.echo);
      const sizes = [1, 3, 64, 1000, 1452, 1453, 4096, 10240];
      const sent = Array.from({ length: 200 }, (_, seed) => payload(sizes[seed % sizes.length]!, seed));
      for (const bytes of sent) await socket.send(assocId, 1, bytes);
      const back = await messages(self, sent.length);
      expect(back.every(({ data }, index) => data.equals(sent[index]!))).toBe(true);
      expect(back.every(({ ip }) => ip === there[kind])).toBe(true);
      expect([here.udpDatagrams(), there.udpDatagrams()]).toEqual([0, 0]);
      await socket.eof(assocId);
      await event(self, 'shutdown_comp');
    });
  });

  test('its client talks to our server, and ends the association', async () => {
    const [here, there] = await ipHosts();
    await asActor(async (self) => {
      const server = await listening(self, { over: 'ip', stack: 'embedded', netns: here.netns, ip: here.ip });
      const program = new Program('client', [here.ip, server.port, 0, await freeUdpPort()], there.netns);
      const assocId = await accepted(self);
      const lines = Array.from({ length: 100 }, (_, index) => `line ${index}\n`);
      program.type(lines.join(''));
      expect((await messages(self, lines.length)).map(({ data }) => `${data}`)).toEqual(lines);
      await server.send(assocId, 0, 'answer\n');
      await program.printed(/^answer$/);
      program.endInput();
      await event(self, 'sctp_shutdown_event');
      await event(self, 'shutdown_comp');
      expect(await program.ended).toBe(0);
    });
  });
});
