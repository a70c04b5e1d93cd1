/**
 * Well-known programs that use SCTP, as clients and as servers: lksctp-tools and ncat, over the kernel of another host. mailport meets them with the
 * kernel's stack and, over UDP, with its own.
 */
import { endianness } from 'node:os';
import type { SctpOpenOptions } from 'mailport/sctp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accepted, asActor, connectTo, data, event, listening, messages, open } from '../../interop/ours.js';
import { installed } from '../../support/installed.js';
import { Tool } from '../../support/tool.js';
import { missingKernel } from './here.js';
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

      test('sctp_test sends messages of several sizes over two streams', () =>
        asActor(async (self) => {
          const socket = await listening(self, ours);
          const [from, to] = [
            ['-H', there, '-P', port],
            ['-h', here, '-p', socket.port],
          ];
          const client = run('sctp_test', ...from, ...to, '-s', '-c', 3, '-x', 1, '-o', 1, '-M', 2);
          await accepted(self);
          const seen = await messages(self, 10);
          // The sizes that sctp_test sends in its third case, ten messages in each round.
          expect(seen.map(({ data }) => data.length)).toEqual([1, 1453, 32_768, 1, 1453, 32_768, 1, 1453, 32_768, 1]);
          expect(seen.map(({ info }) => info.stream)).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1, 0]);
          expect(new Set(seen.flatMap(({ info }) => info.flags))).toEqual(new Set());
          await event(self, 'sctp_shutdown_event');
          await event(self, 'shutdown_comp');
          expect(await client.status()).toBe(0);
        }));

      test('sctp_test receives what we send, with its stream and its identifier', () =>
        asActor(async (self) => {
          const server = run('sctp_test', '-H', there, '-P', port, '-l', '-d', 2);
          const socket = await open(self, ours);
          const { assocId } = await connectTo(socket, there, port);
          await socket.send({ assocId, stream: 3, ppid: 7 }, 'a');
          await socket.send({ assocId, stream: 4, ppid: 8 }, Buffer.alloc(3000, 'b'));
          await socket.eof(assocId);
          await event(self, 'shutdown_comp');
          await server.prints(/SCTP_ASSOC_CHANGE\(SHUTDOWN_COMPLETE\)/);
          expect(server.output).toMatch(/Data 1 bytes\. First 1 bytes: a/);
          // sctp_test shows the identifier as it is on the wire.
          const wire = Buffer.from([0, 0, 0, 8]);
          const shown = endianness() === 'LE' ? wire.readUInt32LE() : wire.readUInt32BE();
          expect(server.output).toMatch(
            new RegExp(`Data 3000 bytes.*\\s+SNDRCV\\(stream=4 ssn=0 tsn=\\d+ flags=0x0 ppid=${shown}`),
          );
        }));

      test('sctp_darn prints what it receives, and sees an abort', () =>
        asActor(async (self) => {
          const server = run('sctp_darn', '-H', there, '-P', port, '-l');
          const socket = await open(self, ours);
          const { assocId } = await connectTo(socket, there, port);
          await socket.send(assocId, 2, 'good morning');
          // sctp_darn leaves the last byte out.
          await server.prints(/DATA\(12\): +good mornin/);
          await socket.abort(assocId);
          await event(self, 'comm_lost');
          await server.prints(/Received SCTP_COMM_LOST/);
        }));

      test('sctp_darn sends what it is typed', () =>
        asActor(async (self) => {
          const socket = await listening(self, ours);
          const client = run('sctp_darn', '-H', there, '-P', port, '-h', here, '-p', socket.port, '-s');
          client.types('good morning\n');
          await accepted(self);
          // sctp_darn sends a line as a C string, with its final zero.
          expect((await data(self)).data.toString()).toBe('good morning\n\0');
          client.endsInput();
          await event(self, 'sctp_shutdown_event');
          await event(self, 'shutdown_comp');
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
    context.skip(!installed('checksctp'), 'package lksctp-tools is not installed');
    const check = new Tool([], 'checksctp');
    expect(await check.status()).toBe(0);
    expect(check.output).toContain('SCTP supported');
  });
});
