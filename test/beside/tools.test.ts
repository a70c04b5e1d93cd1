/**
 * Programs that others use with SCTP, as clients and as servers: lksctp-tools and ncat, over the kernel of another host; mailport meets them with the
 * kernel's stack and, over UDP, with its own.
 */
import { existsSync } from 'node:fs';
import type { SctpOpenOptions } from 'mailport/sctp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accepted, asActor, connectTo, data, event, listening, messages, open } from '../interop/ours.js';
import { installed, missingKernel } from './here.js';
import { Tool } from './tool.js';
import { kernelUdpPort, processUdpPort, TwoHosts } from './twoHosts.js';

/** Of the other host, where nobody else is. */
const port = 5001;

describe('tools', () => {
  let hosts: TwoHosts;
  beforeEach((context) => context.skip(missingKernel !== undefined, missingKernel));
  beforeAll(() => {
    if (missingKernel === undefined) hosts = new TwoHosts();
  });
  afterAll(() => hosts?.close());

  describe.each(['kernel', 'embedded'] as const)('%s', (stack) => {
    let ours: SctpOpenOptions;
    let here: string;
    let there: string;
    const run = (program: string, ...args: readonly (string | number)[]) => new Tool(hosts.enter, program, ...args);

    beforeAll(() => {
      if (missingKernel !== undefined) return;
      [here, there] = [hosts.here[0]!, hosts.there[0]!];
      hosts.overUdp(stack === 'embedded');
      const overUdp = stack === 'embedded' ? { encapsPort: processUdpPort, remoteEncapsPort: kernelUdpPort } : {};
      ours = { stack, ip: here, ...overUdp };
    });

    describe('lksctp-tools', () => {
      beforeEach((context) => {
        context.skip(!installed('sctp_test'), 'package lksctp-tools is not installed');
      });

      test('sctp_test sends messages of several sizes', () =>
        asActor(async (self) => {
          const socket = await listening(self, ours);
          const client = run(
            'sctp_test',
            '-H',
            there,
            '-P',
            port,
            '-h',
            here,
            '-p',
            socket.port,
            '-s',
            '-c',
            3,
            '-x',
            3,
            '-o',
            1,
            '-M',
            2,
          );
          const assocId = await accepted(self);
          const seen = await messages(self, 9);
          console.log(seen.map(({ data, info }) => `${data.length} ${info.stream} ${info.ppid} ${info.flags}`).join('\n'));
          await event(self, 'sctp_shutdown_event');
          expect(assocId).toBeGreaterThan(0);
          console.log(await client.status(), client.output);
        }));

      test('sctp_test receives messages of several sizes', () =>
        asActor(async (self) => {
          const server = run('sctp_test', '-H', there, '-P', port, '-l', '-d', 2);
          const socket = await open(self, ours);
          const { assocId } = await connectTo(socket, there, port);
          await socket.send({ assocId, stream: 3, ppid: 7 }, Buffer.alloc(1, 'a'));
          await socket.send({ assocId, stream: 4, ppid: 8 }, Buffer.alloc(3000, 'b'));
          await socket.eof(assocId);
          await event(self, 'shutdown_comp');
          await server.prints(/SHUTDOWN/i);
          console.log(server.output);
        }));

      test('sctp_darn prints what it receives', () =>
        asActor(async (self) => {
          const server = run('sctp_darn', '-H', there, '-P', port, '-l');
          const socket = await open(self, ours);
          const { assocId } = await connectTo(socket, there, port);
          await socket.send(assocId, 2, 'good morning');
          await server.prints(/good morning/);
          await socket.abort(assocId);
          await event(self, 'comm_lost');
          console.log(server.output);
        }));

      test('sctp_darn sends what it is typed', () =>
        asActor(async (self) => {
          const socket = await listening(self, ours);
          const client = run('sctp_darn', '-H', there, '-P', port, '-h', here, '-p', socket.port, '-s');
          client.types('good morning\n');
          await accepted(self);
          const { data: text } = await data(self);
          console.log(JSON.stringify(text.toString()));
          client.endsInput();
          await event(self, 'sctp_shutdown_event');
          console.log(client.output);
        }));
    });

    describe('ncat', () => {
      beforeEach((context) => {
        context.skip(!installed('ncat'), 'package ncat is not installed');
      });

      test('ncat connects, sends, receives and ends', () =>
        asActor(async (self) => {
          const socket = await listening(self, ours);
          const client = run('ncat', '--sctp', here, socket.port);
          const assocId = await accepted(self);
          client.types('one\n');
          expect((await data(self)).data.toString()).toBe('one\n');
          await socket.send(assocId, 0, 'two\n');
          await client.prints(/two/);
          await socket.eof(assocId);
          await event(self, 'shutdown_comp');
          expect(await client.status()).toBe(0);
        }));

      test('ncat listens', () =>
        asActor(async (self) => {
          const server = run('ncat', '--sctp', '-l', there, port);
          const socket = await open(self, ours);
          const { assocId } = await connectTo(socket, there, port);
          await socket.send(assocId, 0, 'one\n');
          await server.prints(/one/);
          server.types('two\n');
          expect((await data(self)).data.toString()).toBe('two\n');
          server.endsInput();
          await socket.abort(assocId);
          await event(self, 'comm_lost');
        }));

      test('withsctp makes a client of TCP one of SCTP', () =>
        asActor(async (self) => {
          const socket = await listening(self, ours);
          const client = run('withsctp', 'ncat', here, socket.port);
          const assocId = await accepted(self);
          client.types('one\n');
          expect((await data(self)).data.toString()).toBe('one\n');
          await socket.send(assocId, 0, 'two\n');
          await client.prints(/two/);
          await socket.eof(assocId);
          await event(self, 'shutdown_comp');
        }));
    });
  });

  test('checksctp agrees', async (context) => {
    context.skip(!existsSync('/usr/bin/checksctp'), 'package lksctp-tools is not installed');
    const check = new Tool([], 'checksctp');
    expect(await check.status()).toBe(0);
    expect(check.output).toContain('SCTP supported');
  });
});
