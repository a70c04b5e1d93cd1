/** What the lab promises to the programs that run in it. test/scripts/lab.test.ts has the promises that can be seen from outside. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { kernelProblem } from '../../actors/sctp/stacks.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(file, 'utf8').trim();

describe('the lab', () => {
  beforeEach((context) => {
    if (process.env.MAILPORT_LAB === undefined) context.skip('this is not the lab');
  });

  test('has a kernel with SCTP, and can make networks that lose packets', () => {
    expect(kernelProblem()).toBeUndefined();
    const modules = read('/proc/modules');
    for (const name of ['sctp', 'veth', 'sch_netem']) expect(modules).toMatch(new RegExp(`^${name} `, 'm'));
  });

  test('lets sockets have buffers as large as they ask for', () => {
    for (const name of ['rmem_max', 'wmem_max']) expect(Number(read(`/proc/sys/net/core/${name}`))).toBe(16 * 1024 * 1024);
  });

  test('lets sockets interleave messages, which the kernel forbids by default', () => {
    expect(read('/proc/sys/net/sctp/intl_enable')).toBe('1');
  });

  test("reads its clock from the processor, not from an emulator's device", () => {
    expect(read('/sys/devices/system/clocksource/clocksource0/current_clocksource')).toMatch(/^tsc/);
  });

  test('sees the checkout, and takes what is written to it to itself', () => {
    const folder = mkdtempSync(join(root, '.lab-'));
    writeFileSync(join(folder, 'file'), 'written');
    expect(read(join(folder, 'file'))).toBe('written');
    expect(read('/proc/mounts')).toMatch(/^overlay \/ overlay .*lowerdir=\/lower/m);
    rmSync(folder, { recursive: true });
  });

  test('has a folder for what is to be kept, loopback, and programs of the host', async () => {
    writeFileSync('/lab/keep/smoke', 'kept');
    rmSync('/lab/keep/smoke');
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    server.close();
    expect(execFileSync('uname', ['-s'], { encoding: 'utf8' })).toBe('Linux\n');
  });
});
