/**
 * Random programs for the two ends of a connection: sends, recv, active modes, packet modes, handoffs, bytes put back, ends of every kind, over simulated networks
 * that delay, cut and lose, and over the kernel's TCP. Bytes are never lost, doubled or reordered, and each message is the one that the modes say. A run that fails
 * is shown, and MAILPORT_SEED replays it.
 */
import { mainActor, type Self, type System } from 'mailport';
import { SimulatedNetwork, simulate } from 'mailport/testing';
import { expect, test } from 'vitest';
import type { TcpSocket } from '../../../actors/tcp/index.js';
import { createTcp, type Tcp } from '../../../actors/tcp/open.js';
import { openKernel } from '../../../actors/tcp/stacks.js';
import { Randomness } from '../../../runtime/simulation.js';
import { repeats } from '../../support/effort.js';
import { StreamEnd } from './streamEnd.js';
import { type StreamProgram, streamProgram } from './streamProgram.js';

const simulatedRuns = Number(process.env.MAILPORT_STREAM_RUNS ?? 600);
const realRuns = Number(process.env.MAILPORT_REAL_STREAM_RUNS ?? repeats(150));

interface Stage {
  readonly system: System;
  readonly main: Self<unknown>;
  readonly server: Tcp;
  readonly client: Tcp;
  readonly address: string;
  readonly reset: (socket: TcpSocket) => void;
}

/** Bytes that arrived in all graceful programs, and messages of each kind that were seen. */
const seen = new Map<string, number>();
const count = (what: string, number = 1): void => void seen.set(what, (seen.get(what) ?? 0) + number);

/** How far the present run has come: a deadlock has no other trace. */
let progress: () => string = () => '';

async function play(stage: Stage, program: StreamProgram, meanwhile: Promise<void>): Promise<void> {
  const { system, main } = stage;
  const own = { active: false, exitOnClose: false, lineDelimiter: 10, ...program.options } as const;
  const listener = await stage.server.listen(main, 0, own);
  const client = await stage.client.connect(main, stage.address, listener.port, own);
  const server = await listener.accept(main);
  await listener.close(main);
  const ends = [client, server].map(
    (socket, index) =>
      new StreamEnd({ system, socket, program, script: program.scripts[index as 0 | 1], reset: () => stage.reset(socket) }),
  ) as [StreamEnd, StreamEnd];
  ends[0].peer = ends[1];
  ends[1].peer = ends[0];
  for (const end of ends) end.begin(main);
  progress = () => report('it waits', 0, program, ends);
  await Promise.all(
    ends.map(({ over }, index) =>
      over.catch((failure: unknown) => {
        throw new Error(report(failure, index, program, ends), { cause: failure });
      }),
    ),
  );
  await meanwhile;
  for (const socket of [client, server]) await socket.close();
  for (const { model, log } of ends) {
    count(program.isGraceful ? 'bytes' : 'bytes of connections that broke', model.received);
    for (const line of log) count(line.startsWith('"') ? 'messages' : line.startsWith('{') ? 'steps' : line.replace(/ .*/, ''));
  }
  if (stage.client.openSockets().length + stage.server.openSockets().length > 0) throw new Error('a socket is open still');
}

function report(failure: unknown, index: number, program: StreamProgram, ends: readonly StreamEnd[]): string {
  const logs = ends.map(
    ({ log }, number) =>
      `end ${number}:\n  ${log
        .slice(-40)
        .map((line) => (line.length > 120 ? `${line.slice(0, 120)}...` : line))
        .join('\n  ')}`,
  );
  return `end ${index}: ${failure instanceof Error ? failure.message : String(failure)}\n${JSON.stringify({ ...program, scripts: undefined })}\n${logs.join('\n')}`;
}

test('over simulated networks (TM-6, TM-13, TM-21, TM-22, TM-25, TR-1..TR-3, TR-12, TS-22, TP-1, FC-3, FC-22)', {
  timeout: 120_000,
}, async () => {
  await simulate(
    async ({ main, system, random }) => {
      const program = streamProgram(random, 'simulated');
      const network = new SimulatedNetwork({ system, ...program.conditions });
      const [left, right] = [network.host('10.0.0.1'), network.host('10.0.0.2')];
      const weather = async (): Promise<void> => {
        for (const [afterMs, forMs] of program.cuts) {
          await main.receive({ after: afterMs });
          network.cut(left, right);
          await main.receive({ after: forMs });
          network.heal(left, right);
        }
      };
      const reset = (socket: TcpSocket): void => network.reset(socket);
      const stage = { system, main, client: left.tcp, server: right.tcp, address: '10.0.0.2', reset };
      await play(stage, program, weather());
    },
    { runs: simulatedRuns },
  ).catch((error: Error) => {
    throw error.message.includes('deadlock') ? new Error(`${error.message}\n${progress()}`, { cause: error }) : error;
  });
});

test('over the TCP of the kernel (TM-6, TM-13, TM-21, TM-22, TM-25, TR-1..TR-3, TR-12, TS-22, TP-1, FC-3, FC-22)', {
  timeout: 120_000,
}, async () => {
  const tcp = createTcp(openKernel);
  const main = mainActor<unknown>();
  const only = process.env.MAILPORT_SEED;
  for (let seed = only === undefined ? 1 : Number(only); seed <= (only === undefined ? realRuns : Number(only)); seed += 1) {
    const randomness = new Randomness(seed);
    const program = streamProgram(() => randomness.next(), 'real');
    const reset = (socket: TcpSocket): void => {
      socket.setopts({ linger: [true, 0] });
      void socket.close();
    };
    const stage = {
      system: (main as unknown as { system: System }).system,
      main,
      client: tcp,
      server: tcp,
      address: '127.0.0.1',
      reset,
    };
    await play(stage, program, Promise.resolve()).catch((error: Error) => {
      throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
    });
  }
});

test('much of everything has happened in them', () => {
  if (process.env.MAILPORT_SEED !== undefined) return;
  console.log([...seen].map(([what, number]) => `${what} ${number}`).join(', '));
  expect(seen.get('bytes')).toBeGreaterThan(simulatedRuns * 100);
  for (const what of ['messages', 'tcp_closed', 'tcp_passive', 'recv']) expect(seen.get(what)).toBeGreaterThan(simulatedRuns / 4);
});
