/**
 * The stacks over which the contract suite runs: the simulated one, the embedded one and the kernel's. A suite asks for a fresh one in each file. The leftover check makes each
 * test end with an empty mailbox of the main actor and no open socket.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe } from 'vitest';
import type { SctpEvent } from '../../actors/sctp/events.js';
import type { SctpMessage } from '../../actors/sctp/messages.js';
import { createSctp, type Sctp } from '../../actors/sctp/open.js';
import type { SctpReceived } from '../../actors/sctp/received.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { kernelProblem, openEmbedded, openKernel } from '../../actors/sctp/stacks.js';
import { mainActor, processInfo, type Self } from '../../runtime/index.js';
import { SimStack } from '../sim/simStack.js';
import { failOnLeftovers } from '../support/setup.js';
import { nextTurn, resultOfActor } from '../support/waiting.js';

export { deferred, nextTurn } from '../support/waiting.js';

interface Subject {
  readonly name: 'simulated' | 'embedded' | 'kernel';
  readonly sctp: Sctp;
  /** The reason for which its tests are skipped; undefined if they are not. */
  readonly skipped: string | undefined;
}

/** gen_sctp over a simulated stack, and the stack, to make it fail. */
export function simulated(): { sctp: Sctp; sim: () => SimStack } {
  let stack: SimStack | undefined;
  const sctp = createSctp({
    embedded: (onBatch) => {
      stack = new SimStack(onBatch);
      return stack;
    },
  });
  noLeftovers(sctp);
  return {
    sctp,
    sim: () => {
      if (stack === undefined) throw new Error('no socket has been opened yet');
      return stack;
    },
  };
}

/** Defines the same tests over every stack. The tests of a stack that is not there are skipped, with the reason shown. */
export function overStacks(define: (sctp: Sctp, name: Subject['name']) => void): void {
  for (const { name, sctp, skipped } of subjects()) {
    describe(name, () => {
      beforeEach((context) => {
        if (skipped !== undefined) context.skip(skipped);
      });
      define(sctp, name);
    });
  }
}

/** Where time is dear, MAILPORT_TEST_STACK names the only stack that matters. */
function subjects(): Subject[] {
  const only = process.env.MAILPORT_TEST_STACK;
  return allSubjects().filter(({ name }) => only === undefined || name === only);
}

function allSubjects(): Subject[] {
  const { sctp } = simulated();
  const embedded = createSctp({ embedded: openEmbedded });
  const kernel = createSctp({ kernel: openKernel });
  noLeftovers(embedded);
  noLeftovers(kernel);
  const noAddon = addonProblem();
  return [
    { name: 'simulated', sctp, skipped: undefined },
    { name: 'embedded', sctp: embedded, skipped: noAddon },
    { name: 'kernel', sctp: kernel, skipped: noAddon ?? kernelSkipped() },
  ];
}

function addonProblem(): string | undefined {
  const built = fileURLToPath(new URL('../../native/build/Release/mailport.node', import.meta.url));
  return existsSync(built) || process.env.MAILPORT_ADDON !== undefined ? undefined : 'the addon is not built';
}

function kernelSkipped(): string | undefined {
  const problem = kernelProblem();
  return problem === undefined ? undefined : `this kernel has no SCTP: ${problem}`;
}

const watched: Sctp[] = [];

/** Checks that each test ends with no open socket of the stack. */
export function noLeftovers(sctp: Sctp): void {
  if (watched.push(sctp) === 1) failOnLeftovers(leftovers);
}

async function leftovers(): Promise<string[]> {
  const left: string[] = [];
  const sockets = watched.flatMap((sctp) => sctp.openSockets());
  if (sockets.length > 0) left.push(`${sockets.length} sockets`);
  // A test that failed must not take the next ones with it.
  for (const socket of sockets) socket.close();
  const words = await mailbox();
  if (words.length > 0) left.push(`messages of the main actor: ${words.slice(0, 5).join(' ').slice(0, 200)}`);
  return left;
}

/** `comm_up`, `data:text`, `sctp_passive`, … : an item in a word, for titles and comparisons. */
export function word(item: SctpMessage | SctpReceived | undefined): string {
  if (item === undefined) return 'nothing';
  if (!['sctp', 'sctp_error', 'sctp_passive'].includes(item[0]) && item.length !== 4) return String(item[0]);
  if (item[0] === 'sctp_passive') return 'passive';
  const content =
    item.length === 5 ? (item as readonly [string, SctpSocket, string, number, readonly [unknown, unknown]])[4][1] : item[3];
  return contentWord(content as Buffer | number[] | SctpEvent);
}

export function contentWord(content: Buffer | number[] | SctpEvent): string {
  if (Buffer.isBuffer(content)) return `data:${content}`;
  if (Array.isArray(content)) return `list:${content.join(',')}`;
  return content.type === 'sctp_assoc_change' ? content.state : content.type;
}

/** A listening server and a client on loopback, both owned by the main actor. */
export async function pair(
  sctp: Sctp,
  serverOptions: object = {},
  clientOptions: object = {},
): Promise<{ server: SctpSocket; client: SctpSocket }> {
  const self = mainActor();
  const server = await sctp.open(self, 0, { ip: '127.0.0.1', ...serverOptions });
  await server.listen(true);
  const client = await sctp.open(self, 0, { ip: '127.0.0.1', ...clientOptions });
  return { server, client };
}

/** A passive pair with one association, its `comm_up` read on both ends. */
export async function connected(
  sctp: Sctp,
  serverOptions: object = {},
  clientOptions: object = {},
): Promise<{ server: SctpSocket; client: SctpSocket; atServer: number; atClient: number }> {
  const { server, client } = await pair(sctp, serverOptions, clientOptions);
  const change = await client.connect('127.0.0.1', server.port);
  const [, , , event] = await server.recv();
  if (Buffer.isBuffer(event) || Array.isArray(event) || event.type !== 'sctp_assoc_change') throw new Error('expected comm_up');
  return { server, client, atServer: event.assocId, atClient: change.assocId };
}

/** The next `count` messages of the main actor, as words. */
export async function nextWords(count: number): Promise<string[]> {
  const words: string[] = [];
  while (words.length < count) words.push(word((await mainActor<SctpMessage>().receive()) as SctpMessage));
  return words;
}

/** The messages in the main actor's mailbox now, as words. */
export async function mailbox(): Promise<string[]> {
  const words: string[] = [];
  const self = mainActor<SctpMessage>();
  for (let message = await self.receive({ after: 0 }); message !== undefined; message = await self.receive({ after: 0 })) {
    words.push(word(message));
  }
  return words;
}

/** Waits until everything that a socket sent has arrived at its peers' stacks. */
export async function untilArrived(socket: SctpSocket): Promise<void> {
  while (socket.info().queuedBytes[1] > 0) await nextTurn();
  // The kernel acknowledges data before a poll has told the peer's stack of it, and the first turn may be without a poll.
  for (let turn = 0; turn < 2 && socket.info().stack === 'kernel'; turn += 1) await nextTurn();
}

/** Messages that wait in the main actor's mailbox. */
export function backlog(): number {
  return processInfo(mainActor().pid)?.mailboxLength ?? 0;
}

/** Runs `body` as an actor of its own and gives its result. An error that it throws rejects. */
export const asActor = <Result>(body: (self: Self<SctpMessage>) => Promise<Result> | Result): Promise<Result> =>
  resultOfActor(body);
