/**
 * What the cases of OTP's gen_sctp_SUITE share: where they run, and reading past address events, which may come before or after a comm_up on either side (EV-10).
 */
import { describe, expect } from 'vitest';
import type { AssocState, SctpAssocChange, SctpEvent, SctpSndrcvinfo } from '../../../actors/sctp/events.js';
import type { SctpMessage } from '../../../actors/sctp/messages.js';
import type { Sctp } from '../../../actors/sctp/open.js';
import type { Ancillary, SctpData, SctpReceived } from '../../../actors/sctp/received.js';
import type { SctpSocket } from '../../../actors/sctp/socket.js';
import { exit, type Self, send, spawn } from '../../../runtime/index.js';
import { deferred, nextTurn, overStacks } from '../subjects.js';

/** Defines cases, named as OTP names them, over every stack. */
export function genSctpSuite(define: (sctp: Sctp, name: 'simulated' | 'embedded' | 'kernel') => void): void {
  describe('gen_sctp_SUITE', () => overStacks(define));
}

/** What a failure rejects with. */
export const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

/** The IPv4 loopback address, which most cases are bound to. */
export const loopback = '127.0.0.1';

type Content = SctpData | SctpEvent;

const isAddressEvent = (content: Content) => 'type' in content && content.type === 'sctp_paddr_change';

/** The next item of a passive socket, address events aside. */
export async function nextItem(socket: SctpSocket): Promise<SctpReceived> {
  for (;;) {
    const item = await socket.recv();
    if (!isAddressEvent(item[3])) return item;
  }
}

/** The change of an association to `state`, which is the next item of a passive socket. */
export async function nextChange(
  socket: SctpSocket,
  state: AssocState,
): Promise<SctpAssocChange & { from: readonly [string, number] }> {
  const [ip, port, anc, event] = await nextItem(socket);
  return { ...changeOf(anc, event, state), from: [ip, port] };
}

/** Checks that an item is a change to `state`, with the ancillary data that events may have (MS-9). */
export function changeOf(anc: Ancillary, content: Content, state: AssocState): SctpAssocChange {
  expect(content).toMatchObject({ type: 'sctp_assoc_change', state });
  const event = content as SctpAssocChange;
  for (const info of anc) expect(info).toMatchObject({ type: 'sctp_sndrcvinfo', assocId: event.assocId });
  return event;
}

/** The next item of a passive socket, which is data: how it was sent, and as text. */
export async function nextData(
  socket: SctpSocket,
): Promise<{ info: SctpSndrcvinfo; text: string; from: readonly [string, number] }> {
  const [ip, port, anc, content] = await nextItem(socket);
  expect(anc).toHaveLength(1);
  expect(Buffer.isBuffer(content)).toBe(true);
  return { info: anc[0]!, text: String(content), from: [ip, port] };
}

/** The peer has shut the association down: the next two items of a passive socket say so (EV-11). */
export async function nextShutdown(socket: SctpSocket, assocId: number): Promise<void> {
  const [, , , event] = await nextItem(socket);
  expect(event).toEqual({ type: 'sctp_shutdown_event', assocId });
  expect(await nextChange(socket, 'shutdown_comp')).toMatchObject({ error: 0, assocId });
}

/** Nothing is left to read of a passive socket, but for address events. */
export async function nothingLeft(socket: SctpSocket): Promise<void> {
  await nextTurn();
  for (;;) {
    const item = await socket.recv(0).catch((error: { reason: string }) => error.reason);
    if (item === 'timeout') return;
    if (typeof item === 'string' || !isAddressEvent(item[3])) expect(item, 'nothing more').toBeUndefined();
  }
}

/** An actor that owns sockets and keeps what they send it, as the socket processes of OTP's suite do. */
export interface SocketProcess {
  /** Runs `body` as that actor. */
  run<Result>(body: (self: Self<SctpMessage>) => Result | Promise<Result>): Promise<Result>;
  /** The next message of its sockets, address events aside. */
  next(): Promise<SctpMessage>;
  /** What nobody has asked for. */
  left(): SctpMessage[];
  /** Ends it, and with it its sockets. */
  end(): void;
}

type Command = readonly ['run', (self: Self<SctpMessage>) => Promise<void>];

/** `rearm` is called for each message, as the owner, before anybody sees it; passive messages are for it alone. */
export function socketProcess(rearm: (message: SctpMessage) => void = () => undefined): SocketProcess {
  const kept: SctpMessage[] = [];
  const waiting: ((message: SctpMessage) => void)[] = [];
  const pid = spawn(async (self: Self<SctpMessage | Command>) => {
    for (;;) {
      const message = await self.receive();
      if (message[0] === 'run') await message[1](self as unknown as Self<SctpMessage>);
      else {
        rearm(message);
        if (message[0] === 'sctp_passive' || (message[0] === 'sctp' && isAddressEvent(message[4][1]))) continue;
        const next = waiting.shift();
        if (next === undefined) kept.push(message);
        else next(message);
      }
    }
  });
  return {
    run: (body) => {
      const { promise, resolve } = deferred<Awaited<ReturnType<typeof body>>>();
      send(pid, ['run', async (self) => resolve((async () => body(self))() as never)]);
      return promise;
    },
    next: () => {
      const message = kept.shift();
      return message === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(message);
    },
    left: () => kept,
    end: () => exit(pid, 'kill'),
  };
}

/** The next message of the main actor's or another's sockets, taken apart: an item of `socket` in an active mode (MS-1). */
export function itemOf(
  message: SctpMessage,
  socket: SctpSocket,
): { from: readonly [string, number]; anc: Ancillary; content: Content } {
  expect(message.slice(0, 2)).toEqual(['sctp', socket]);
  if (message[0] === 'sctp_passive') throw new Error('an item has five elements');
  const [, , ip, port, [anc, content]] = message;
  return { from: [ip, port], anc, content };
}
