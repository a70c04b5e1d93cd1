/** usrsctp's own throughput test, over UDP encapsulation on loopback, two processes, counted by the one that receives. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { runMs, type Yardstick } from '../case.js';
import { freeUdpPort } from './freeUdpPort.js';
import { build, installed, output } from './program.js';

const program = '/usr/lib/usrsctp/tsctp';

/** The largest window that works over the kernel's default UDP buffer. A larger one stalls now and then. */
const socketBufferBytes = 262_144;

const startLimitMs = 5_000;
const pollMs = 20;

/** @param lengthBytes of each message, ordered, Nagle on as tsctp has it */
export function tsctp(lengthBytes: number): Yardstick {
  return {
    name: 'tsctp',
    missing: () => {
      if (!existsSync(program)) return 'libusrsctp-examples is not installed';
      return installed('gcc') === undefined ? 'gcc is not installed' : undefined;
    },
    measure: () => measure(lengthBytes),
  };
}

async function measure(lengthBytes: number): Promise<number> {
  const quiet = build('tsctpQuiet.c', 'tsctpQuiet.so', (from, to) => ['gcc', '-O2', '-shared', '-fPIC', '-o', to, from]);
  const [serverUdp, clientUdp, port] = [await freeUdpPort(), await freeUdpPort(), await freeUdpPort()];
  const common = ['-L', '127.0.0.1', '-p', String(port), '-R', String(socketBufferBytes), '-S', String(socketBufferBytes)];
  const server = spawn(program, ['-E', String(serverUdp), '-U', String(clientUdp), ...common], {
    env: { ...process.env, LD_PRELOAD: quiet },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const result = resultOf(server.stdout.setEncoding('utf8'));
    await untilBound(serverUdp);
    const client = [
      '-E',
      String(clientUdp),
      '-U',
      String(serverUdp),
      ...common,
      '-l',
      String(lengthBytes),
      '-T',
      String(runMs / 1000),
    ];
    await output(['env', `LD_PRELOAD=${quiet}`, program, ...client, '127.0.0.1'], runMs * 10);
    return await result;
  } finally {
    server.kill('SIGKILL');
  }
}

/** A line of the server when an association has ended: length, messages, receive calls, bytes, seconds, bytes a second, notifications. */
async function resultOf(lines: AsyncIterable<string>): Promise<number> {
  let text = '';
  for await (const chunk of lines) {
    text += chunk;
    const [, messages, seconds] = /^\d+, (\d+), \d+, \d+, ([\d.]+), [\d.]+, \d+$/m.exec(text) ?? [];
    if (messages !== undefined) return Number(messages) / Number(seconds);
  }
  throw new Error(`tsctp ended without a result: ${text}`);
}

/** tsctp says nothing when it is ready, and an INIT that comes too early is sent again only after seconds: we ask the kernel. */
async function untilBound(port: number): Promise<void> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  for (let waitedMs = 0; waitedMs < startLimitMs; waitedMs += pollMs) {
    if (readFileSync('/proc/net/udp', 'utf8').includes(local)) return;
    await delay(pollMs);
  }
  throw new Error(`tsctp did not bind UDP port ${port}`);
}
