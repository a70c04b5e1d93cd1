/** Which actor may give a socket away, and which messages go along, decided without a socket: all cases of the table, and properties against a model of mailboxes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { carriesSocket, decideHandoff, exitCloses, type HandoffDecision } from '../../actors/socket/owner.js';

const tags = new Set(['sctp', 'sctp_error', 'sctp_passive']);

describe('deciding a handoff', () => {
  const booleans = [false, true];
  const cases = booleans.flatMap((isOpen) =>
    booleans.flatMap((callerOwns) =>
      booleans.flatMap((newOwnerOwns) =>
        booleans.flatMap((newOwnerIsAlive) =>
          booleans.map((saysMore) => ({ isOpen, callerOwns, newOwnerOwns, newOwnerIsAlive, saysMore })),
        ),
      ),
    ),
  );

  test.each(cases)(
    'open $isOpen, caller owns $callerOwns, new owner owns $newOwnerOwns, lives $newOwnerIsAlive, more to say $saysMore (CP-2..CP-5, CP-8)',
    (question) => {
      const { isOpen, callerOwns, newOwnerOwns, newOwnerIsAlive, saysMore } = question;
      let expected: HandoffDecision = 'transfer';
      if (!newOwnerIsAlive) expected = 'badarg'; // CP-5
      if (!callerOwns) expected = 'not_owner'; // CP-4
      if (newOwnerOwns && !saysMore) expected = 'unchanged'; // CP-3: whoever calls
      if (!isOpen) expected = 'closed'; // CP-8
      expect(decideHandoff(question)).toBe(expected);
    },
  );
});

describe('messages that go along', () => {
  const socket = { name: 'socket' };
  const other = { name: 'other' };
  test.each<[unknown, boolean, string]>([
    [['sctp', socket, '127.0.0.1', 1, [[], 'x']], true, 'data (CP-13)'],
    [['sctp_error', socket, '127.0.0.1', 1, [[], {}]], true, 'error events (CP-15)'],
    [['sctp_error', socket, 'econnreset'], true, 'read errors (CP-15)'],
    [['sctp_passive', socket], true, 'the passive message (CP-15)'],
    [['sctp', other, '127.0.0.1', 1, [[], 'x']], false, 'another socket (CP-16)'],
    [['tcp', socket, 'x'], false, 'a tag of another transport'],
    [['take', socket], false, 'what a user wrote about the socket (CP-16)'],
    [[socket, 'sctp'], false, 'another shape'],
    ['sctp', false, 'no tuple'],
    [null, false, 'nothing'],
    [{ 0: 'sctp', 1: socket }, false, 'no array'],
  ])('%#: %s', (message, expected) => {
    expect(carriesSocket(message, socket, tags)).toBe(expected);
  });

  test('a mailbox splits without loss into what carries the socket and what does not (CP-15, CP-16)', () => {
    const message = fc.tuple(
      fc.constantFrom('sctp', 'sctp_error', 'sctp_passive', 'note'),
      fc.constantFrom(socket, other),
      fc.nat(),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 50 }), (mailbox) => {
        const moved = mailbox.filter((entry) => carriesSocket(entry, socket, tags));
        const kept = mailbox.filter((entry) => !carriesSocket(entry, socket, tags));
        expect(moved.length + kept.length).toBe(mailbox.length);
        for (const entry of moved) expect(entry[1]).toBe(socket);
        for (const entry of kept) expect(entry[1] === other || entry[0] === 'note').toBe(true);
      }),
    );
  });
});

describe('exit signals', () => {
  test.each([
    [true, 'normal', true, 'OW-1'],
    [true, 'crash', true, 'OW-1'],
    [false, 'normal', false, 'OW-2, OW-3'],
    [false, 'crash', true, 'as any port'],
  ])('from the owner %s, reason %s, closes: %s (%s)', (fromOwner, reason, expected) => {
    expect(exitCloses(fromOwner, reason)).toBe(expected);
  });
});
