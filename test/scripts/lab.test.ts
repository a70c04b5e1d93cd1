/** The lab's scripts, as far as they need no boot: what goes in comes in as it was, what comes out is taken as it is. test/lab/inside.test.ts has the rest. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StepFailed } from '../../scripts/command.mjs';
import { inOrder, requireModules } from '../../scripts/lab/kernel.mjs';
import { inside, readStatus, takeKept } from '../../scripts/lab/machine.mjs';
import { missing } from '../../scripts/lab/packages.mjs';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailport-lab-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('inside', () => {
  /** What a shell makes of it, without the folder that only the lab has. */
  const run = (command: string[], variables: Record<string, string | undefined> = {}) => {
    const script = inside(command, folder, { PATH: process.env.PATH, ...variables }).replace('mkdir -p /lab/keep\n', '');
    return spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8', env: {} });
  };

  test('hands arguments over as they were given, whatever is in them', () => {
    const odd = ['', ' ', "it's", '"$HOME"', '`id`', '$(id)', '*', 'a\nb', '\\', '-n', '&& exit 3', '# no'];
    const { stdout } = run([process.execPath, '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...odd]);
    expect(JSON.parse(stdout)).toEqual(odd);
  });

  test('runs the command in the folder, and passes its status on', () => {
    expect(run(['pwd']).stdout.trim()).toBe(folder);
    expect(run(['sh', '-c', 'exit 41']).status).toBe(41);
    expect(run(['no-such-program']).status).toBe(127);
  });

  test('passes on the variables that matter, as they are, and says where it is', () => {
    const variables = { MAILPORT_SCTP: "ker'nel", NODE_OPTIONS: '--a --b', CI: '1', SECRET: 'x', NODE_EMPTY: undefined };
    const { stdout } = run(['env'], variables);
    const seen = Object.fromEntries(stdout.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
    expect(seen).toMatchObject({ MAILPORT_SCTP: "ker'nel", NODE_OPTIONS: '--a --b', CI: '1', NODE_EMPTY: '', MAILPORT_LAB: '1' });
    expect(seen).not.toHaveProperty('SECRET');
  });
});

describe('readStatus', () => {
  test('gives the status that the first process wrote down', () => {
    for (const status of [0, 7, 137]) {
      writeFileSync(join(folder, 'status'), `${status}\n`);
      expect(readStatus(folder)).toBe(status);
    }
  });

  test.each([undefined, '', 'x\n'])('shows the console of a machine that ended before (%j)', (text) => {
    if (text !== undefined) writeFileSync(join(folder, 'status'), text);
    expect(() => readStatus(folder)).toThrow(StepFailed);
    writeFileSync(join(folder, 'console'), 'Kernel panic - not syncing');
    expect(() => readStatus(folder)).toThrow('Kernel panic - not syncing');
  });
});

describe('takeKept', () => {
  const kept = () => join(folder, 'checkout/keep');

  test('copies what was kept to its place, again and again, and leaves what is there from before', () => {
    mkdirSync(join(folder, 'keep/deep'), { recursive: true });
    writeFileSync(join(folder, 'keep/deep/file'), 'one');
    takeKept(folder, kept());
    writeFileSync(join(kept(), 'mine'), 'mine');
    writeFileSync(join(folder, 'keep/deep/file'), 'two');
    takeKept(folder, kept());
    expect(readFileSync(join(kept(), 'deep/file'), 'utf8')).toBe('two');
    expect(readFileSync(join(kept(), 'mine'), 'utf8')).toBe('mine');
    expect(existsSync(join(kept(), 'keep'))).toBe(false);
  });

  test('makes the place even if nothing was kept', () => {
    takeKept(folder, kept());
    expect(existsSync(kept())).toBe(true);
  });
});

describe('inOrder', () => {
  const module = (name: string, depends: string) => {
    const file = join(folder, `${name}.ko`);
    writeFileSync(file, `\x7fELF\0\xff\0license=GPL\0depends=${depends}\0name=${name}\0`, 'latin1');
    return file;
  };

  test('puts each module after what it depends on, once, and takes what is built in for granted', () => {
    const files = [
      module('sctp', 'libcrc32c,udp_tunnel,ip6_udp_tunnel'),
      module('udp-tunnel', ''),
      module('ip6_udp_tunnel', 'udp_tunnel'),
      module('libcrc32c', 'crc32c_of_the_kernel'),
      module('sctp_diag', 'sctp,inet_diag'),
      module('unrelated', ''),
    ];
    const names = inOrder(files, ['sctp_diag', 'not_there', 'sctp']).map((file) => basename(file, '.ko'));
    expect(names).toEqual(['libcrc32c', 'udp-tunnel', 'ip6_udp_tunnel', 'sctp', 'sctp_diag']);
  });
});

test('a module that the kernel neither has as a file nor built in is named, and ends the script', () => {
  const files = ['virtio_pci', '9pnet_virtio', '9p', 'overlay', 'libcrc32c', 'sctp', 'sctp_diag', 'veth', 'sch_netem'];
  const builtIn = 'kernel/arch/x86/crypto/crc32c-intel.ko\nkernel/drivers/net/dummy.ko\n';
  const paths = files.map((name) => `/lib/modules/6.1/kernel/${name}.ko`);
  requireModules(paths, builtIn);
  expect(() => requireModules(paths.slice(1), builtIn)).toThrow(
    new StepFailed('the kernel has no module virtio_pci, which the lab needs'),
  );
  expect(() => requireModules(paths, '')).toThrow('crc32c-intel, dummy');
});

test('missing names the packages whose files are not there, in order', () => {
  writeFileSync(join(folder, 'there'), '');
  expect(missing({ b: join(folder, 'none'), a: join(folder, 'there'), c: join(folder, 'neither') })).toEqual(['b', 'c']);
});

describe('init.sh', () => {
  const init = fileURLToPath(new URL('../../scripts/lab/init.sh', import.meta.url));

  test('is a script that a shell can read', () => {
    execFileSync('sh', ['-n', init]);
  });
});

describe('npm run lab', () => {
  const lab = fileURLToPath(new URL('../../scripts/lab.mjs', import.meta.url));

  test('says how to use it if there is no command', () => {
    const { status, stderr } = spawnSync(process.execPath, [lab], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, 'usage: npm run lab -- COMMAND [ARGUMENT...]\n']);
  });
});
