/** OTP gen_sctp_SUITE: options, default send parameters, the counter of active N. */
import { expect, test } from 'vitest';
import type { SctpMessage } from '../../../actors/sctp/messages.js';
import type { SctpSocket } from '../../../actors/sctp/socket.js';
import { mainActor } from '../../../runtime/index.js';
import { asActor, mailbox, nextWords } from '../subjects.js';
import { genSctpSuite, itemOf, loopback, nextChange, nextData, nothingLeft, reason } from './suite.js';

const self = mainActor<SctpMessage>();

genSctpSuite((sctp) => {
  test('api_opts', async () => {
    // OPN-8
    const socket = await sctp.open(self, 0);
    socket.setopts({ linger: [true, 2] });
    const wanted = { sndbuf: 32768, recbuf: 65536 };
    socket.setopts(wanted);
    const { sndbuf = 0, recbuf = 0, linger } = socket.getopts(['sndbuf', 'recbuf', 'linger']);
    expect(sndbuf).toBeGreaterThanOrEqual(wanted.sndbuf);
    expect(recbuf).toBeGreaterThanOrEqual(wanted.recbuf);
    expect(linger).toEqual([true, 2]);
    socket.close();
  });

  test('def_sndrcvinfo', async () => {
    // SD-1, SD-2, SD-5, SO-8, RV-7
    const defaults = (socket: SctpSocket, assocId = 0) =>
      socket.getopts([['sctpDefaultSendParam', { assocId }]]).sctpDefaultSendParam;
    const first = await sctp.open(self, 0, { ip: loopback, sctpDefaultSendParam: { ppid: 17 } });
    await first.listen(true);
    const second = await sctp.open(self, 0, { ip: loopback });
    const up = await second.connect(loopback, first.port);
    const { assocId } = await nextChange(first, 'comm_up');
    expect(defaults(first)).toMatchObject({ ppid: 17, context: 0, timetolive: 0, assocId: 0 });
    expect(defaults(first, assocId)).toMatchObject({ ppid: 17, context: 0, timetolive: 0, assocId });

    await first.send(assocId, 1, '1: hello');
    expect(await nextData(second)).toMatchObject({
      text: '1: hello',
      info: { stream: 1, ppid: 17, context: 0, assocId: up.assocId },
    });
    first.setopts({ sctpDefaultSendParam: { ppid: 18 } });
    expect(defaults(first)).toMatchObject({ ppid: 18, assocId: 0 });
    expect(defaults(first, assocId)).toMatchObject({ ppid: 17, assocId });
    first.setopts({ sctpDefaultSendParam: { assocId, ppid: 19 } });
    expect(defaults(first)).toMatchObject({ ppid: 18, context: 0, timetolive: 0, assocId: 0 });
    expect(defaults(first, assocId)).toMatchObject({ ppid: 19, context: 0, timetolive: 0, assocId });

    await first.send(assocId, 0, '2: and again');
    expect(await nextData(second)).toMatchObject({ text: '2: and again', info: { stream: 0, ppid: 19 } });
    await second.send(up, 0, '3: the other way');
    expect(await nextData(first)).toMatchObject({ text: '3: the other way', info: { ppid: 0, assocId } });
    await asActor(() => second.send({ assocId: up.assocId, ppid: 20 }, '4: by another'));
    expect(await asActor(() => nextData(first))).toMatchObject({ text: '4: by another', info: { stream: 0, ppid: 20, assocId } });
    second.close();
    first.close();
  });

  test('active_n', async () => {
    // FC-2, FC-4..FC-6, FC-8..FC-10, FC-20, FC-22, FC-23
    const read = (socket: SctpSocket) => socket.getopts(['active']).active;
    const socket = await sctp.open(self, 0, { ip: loopback, active: 3 });
    expect([read(socket), await mailbox()]).toEqual([3, []]);
    for (const active of [-3, 0]) {
      socket.setopts({ active });
      expect([read(socket), await mailbox()]).toEqual([false, ['passive']]);
    }
    socket.setopts({ active: 32767 });
    for (const active of [1, -32769]) expect(() => socket.setopts({ active })).toThrow(reason('einval'));
    socket.setopts({ active: -32768 });
    expect([read(socket), await mailbox()]).toEqual([false, ['passive']]);
    for (const replacing of [true, 'once'] as const) {
      socket.setopts({ active: 3 });
      socket.setopts({ active: replacing });
      expect([read(socket), await mailbox()]).toEqual([replacing, []]);
    }
    expect(() => socket.setopts({ active: 32768 })).toThrow(reason('einval'));
    socket.setopts({ active: false });
    expect([read(socket), await mailbox()]).toEqual([false, []]);

    await socket.listen(true);
    socket.setopts({ active: 3 });
    const peer = await sctp.open(self, 0, { ip: loopback });
    const { assocId } = await peer.connect(loopback, socket.port);
    // Each event of the set-up is made up for by 1.
    for (let up = false; !up; ) {
      const { content } = itemOf(await self.receive(), socket);
      up = 'type' in content && content.type === 'sctp_assoc_change';
      socket.setopts({ active: 1 });
    }
    expect(read(socket)).toBe(3);
    for (const [index, left] of [2, 1, false].entries()) {
      await peer.send(assocId, 0, `${index}`);
      expect(await nextWords(1)).toEqual([`data:${index}`]);
      expect(read(socket)).toBe(left);
    }
    expect(await mailbox()).toEqual(['passive']);
    await nothingLeft(socket);

    const passive = await sctp.open(self, 0, { active: 0 });
    expect([read(passive), await mailbox()]).toEqual([false, ['passive']]);
    for (const each of [passive, peer, socket]) each.close();
  });
});
