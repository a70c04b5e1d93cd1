/** Texts and logs show sockets, pids and references by their names, never by their internals. */
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { BadArg, makeRef } from '../../runtime/index.js';
import { asActor, overStacks } from './subjects.js';

overStacks((sctp) => {
  test('shows sockets, their owners and messages by name', () =>
    asActor(async (self) => {
      const socket = await sctp.open(self);
      expect(`${socket}`).toMatch(/^#Port<\d+>$/);
      expect(inspect(socket)).toBe(socket.label);
      expect(JSON.parse(JSON.stringify(['sctp', socket, self.pid]))).toEqual(['sctp', socket.label, `${self.pid}`]);
      expect(JSON.stringify(makeRef())).toMatch(/^"#Ref<\d+>"$/);
      socket.close();
    }));

  test('names a field of a send that does not exist, instead of leaving it out', () =>
    asActor(async (self) => {
      const socket = await sctp.open(self);
      expect(() => socket.send({ assocId: 3, streem: 3 } as never, 'x')).toThrow(
        new BadArg('info.streem', 'is no field of an sctp_sndrcvinfo: did you mean stream?'),
      );
      socket.close();
    }));
});
