/** A server that crashes loses its socket, and its supervisor starts the next one on the same port (OW-1, OW-8). */
import { expect, test } from 'vitest';
import { supervisor } from '../../actors/behaviours/index.js';
import type { SctpMessage } from '../../actors/sctp/messages.js';
import { createSystem, exit, makeRef, type Pid, type Ref, reply, type Self, send, spawnLink } from '../../runtime/index.js';
import { asActor, overStacks, word } from './subjects.js';

type Listening = readonly [Ref, port: number];

overStacks((sctp) => {
  test('a crashed server is restarted on its port, and serves again', () =>
    asActor(async (self) => {
      let crashes = 0;
      const system = createSystem({
        onCrash: () => {
          crashes += 1;
        },
      });
      const listening = makeRef();
      let port = 0;
      const serve = async (server: Self<SctpMessage>) => {
        const socket = await sctp.open(server, port, { ip: '127.0.0.1', active: true });
        await socket.listen(true);
        port = socket.port;
        send(self.pid as Pid as Pid<Listening>, [listening, port]);
        for (;;) {
          const message = await server.receive();
          if (message[0] !== 'sctp') continue;
          const [[info], data] = message[4];
          if (info === undefined) continue;
          if (String(data) === 'crash') throw new Error('as the client wanted');
          await socket.send(info, data as Buffer);
        }
      };
      const top = await supervisor.start(
        { children: [{ id: 'server', start: (parent) => spawnLink(parent, serve) }] },
        { system },
      );
      const ended = self.monitor(top);
      const [, first] = await self.receive(reply<Listening>(listening));

      const client = await sctp.open(self, { ip: '127.0.0.1' });
      const before = await client.connect('127.0.0.1', first);
      await client.send(before, 0, 'crash');
      expect(word(await client.recv())).toBe('sctp_shutdown_event');
      expect(word(await client.recv())).toBe('shutdown_comp');
      expect(crashes).toBe(1);

      const [, second] = await self.receive(reply<Listening>(listening));
      expect(second).toBe(first);
      const after = await client.connect('127.0.0.1', second);
      await client.send(after, 0, 'again');
      expect(word(await client.recv())).toBe('data:again');

      client.close();
      exit(top, 'shutdown');
      await self.receive(reply(ended));
    }));
});
