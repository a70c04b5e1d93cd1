/**
 * The client of the sessions example, a process of its own. It talks, has its session handed over in the middle of a stream, runs into back-pressure,
 * measures, and crashes a session. It ends with status 1 if anything was not as it should be.
 *
 *     node dist/examples/sessionClient.js port [messages to measure with]
 */
import { mainActor, type Self } from 'mailport';
import { type SctpAssocChange, type SctpMessage, type SctpSocket, sctp } from 'mailport/sctp';
import { ppid } from './sessionServer.js';
import { show } from './show.js';

const messageBytes = 64;
/** If a `send` has not resolved after so many milliseconds, it is waiting for room. */
const waitingMs = 300;
const answerMs = 10_000;

const [port = 0, measured = 500_000] = process.argv.slice(2).map(Number);
if (port === 0) {
  console.error('usage: sessionClient.js port [messages to measure with]');
  process.exit(2);
}
const self = mainActor<SctpMessage>();

/** `send` takes the bytes of a buffer as they are at the call, so one buffer will do for all messages. */
const numbered = Buffer.alloc(messageBytes);
const log = (line: string) => console.log(`client | ${line}`);

try {
  await talk();
} catch (error) {
  console.error('client | failed:', error);
  process.exit(1);
}

async function talk(): Promise<void> {
  // The ppid marks numbered messages. As the socket's default it costs them nothing.
  const options = { ip: '127.0.0.1', active: true, sctpDefaultSendParam: { ppid: ppid.numbered } } as const;
  const socket = await sctp.open(self, options);
  const assoc = await socket.connect('127.0.0.1', port);
  log(`connected: ${show(assoc)}`);

  await say(socket, assoc, 'hello');
  log(`answer: ${await answer(self, socket)}`);

  log('-- handoff: 1,000 numbered messages, and in their middle the session changes its owner');
  await sendNumbered(socket, assoc, 0, 500);
  await say(socket, assoc, 'hand over');
  await sendNumbered(socket, assoc, 500, 1000);
  await check(socket, assoc, '1000 messages complete and in order, 2 owners');

  log('-- back-pressure: the session rests, we go on sending');
  await say(socket, assoc, 'rest');
  await sendUntilItWaits(socket, assoc, 50_000);
  await check(socket, assoc, '50000 messages complete and in order');

  log(`-- rate: ${measured.toLocaleString('en')} messages of ${messageBytes} bytes`);
  await sendNumbered(socket, assoc, 0, measured);
  await check(socket, assoc, `${measured} messages complete and in order`);

  log('-- a crash: another session fails, ours goes on');
  await crashAnother();
  await say(socket, assoc, 'hello again');
  log(`answer: ${await answer(self, socket)}`);

  await socket.eof(assoc);
  await end(self, socket, 'shutdown_comp');
  socket.close();
}

function say(socket: SctpSocket, { assocId }: SctpAssocChange, text: string): Promise<void> {
  return socket.send({ assocId, stream: 0, ppid: ppid.text }, text);
}

function sendNumber(socket: SctpSocket, { assocId }: SctpAssocChange, number: number): Promise<void> {
  numbered.writeUInt32BE(number, 0);
  return socket.send(assocId, 0, numbered);
}

async function sendNumbered(socket: SctpSocket, assoc: SctpAssocChange, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number++) await sendNumber(socket, assoc, number);
}

async function sendUntilItWaits(socket: SctpSocket, assoc: SctpAssocChange, count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    const taken = sendNumber(socket, assoc, number);
    if (!(await waits(taken))) continue;
    const held = Math.round(socket.info().queuedBytes[1] / 1024);
    log(`send waits after ${number} messages: ${held} KiB are held here, the rest in the session's window`);
    const began = performance.now();
    await taken;
    log(`the session reads again: send goes on after ${Math.round(performance.now() - began)} ms`);
    await sendNumbered(socket, assoc, number + 1, count);
    return;
  }
  throw new Error('send never had to wait');
}

/** Whether a `send` is still waiting after a while. */
async function waits(taken: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, waitingMs, true);
  });
  const waited = await Promise.race([taken.then(() => false), late]);
  clearTimeout(timer);
  return waited;
}

async function check(socket: SctpSocket, assoc: SctpAssocChange, expected: string): Promise<void> {
  await say(socket, assoc, 'count');
  const text = await answer(self, socket);
  log(`the session got ${text}`);
  if (!text.startsWith(expected)) throw new Error(`expected: ${expected}`);
}

async function crashAnother(): Promise<void> {
  const socket = await sctp.open(self, { ip: '127.0.0.1', active: true });
  const assoc = await socket.connect('127.0.0.1', port);
  await say(socket, assoc, 'crash');
  await end(self, socket, 'shutdown_comp');
  socket.close();
}

/** The text of the next message on that socket. */
async function answer(own: Self<SctpMessage>, socket: SctpSocket): Promise<string> {
  for (;;) {
    const message = await own.receive((each) => each[1] === socket, { after: answerMs });
    if (message === undefined) throw new Error('no answer');
    if (message[0] === 'sctp' && Buffer.isBuffer(message[4][1])) return message[4][1].toString();
    log(show(message));
  }
}

async function end(own: Self<SctpMessage>, socket: SctpSocket, state: SctpAssocChange['state']): Promise<void> {
  for (;;) {
    const message = await own.receive((each) => each[1] === socket, { after: answerMs });
    if (message === undefined) throw new Error(`no ${state}`);
    log(show(message));
    if (message[0] !== 'sctp') continue;
    const [, content] = message[4];
    if ('type' in content && content.type === 'sctp_assoc_change' && content.state === state) return;
  }
}
