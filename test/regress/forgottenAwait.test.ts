/**
 * A call that fails and that nobody awaited ends the actor that made it, not the process. A program's own arrangements for unhandled
 * rejections stay as they were. The tests run in processes of their own, because vitest listens for unhandled rejections.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { built } from '../support/built.js';
import { patienceMs } from '../support/patience.js';

const dist = (path: string) => JSON.stringify(built(path));

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end, after `world`: a supervised actor `careless` that runs `body`, and prints what became of it. */
async function run(code: string, ...flags: string[]): Promise<Ended> {
  const args = [...flags, '--input-type=module', '--eval', `${world}\n${code}`];
  const run = promisify(execFile)(process.execPath, args, { timeout: patienceMs });
  return run.then(
    ({ stdout, stderr }) => ({ status: 0, out: stdout, err: stderr }),
    ({ code: status, stdout, stderr }) => ({ status, out: stdout, err: stderr }),
  );
}

const world = `
  import * as m from ${dist('actors/index.js')};
  import { sctp } from ${dist('actors/sctp/index.js')};
  const { createSystem, mainActor, spawn, spawnLink, spawnMonitor, call, send, reply, observer, genServer, supervisor, task, sys } = m;
  const main = mainActor();
  /** The call that failed, and the reason, without the advice behind them. */
  const say = (reason) => (reason.syscall === undefined ? (reason.message ?? reason) : reason.syscall + ': ' + reason.reason);
  observer.on('crash', ({ pid, reason, unawaited }) => {
    if (String(pid).startsWith('<0.')) console.log('crash', say(reason), unawaited);
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const listener = await sctp.open(main, 0, { ip: '127.0.0.1', active: true });
  await listener.listen(true);
  /** A socket, and an association of it that has ended. */
  async function gone(self) {
    const socket = await sctp.open(self, 0, { ip: '127.0.0.1' });
    const assoc = await socket.connect('127.0.0.1', listener.port);
    await socket.abort(assoc);
    return { socket, assoc };
  }
  /** Runs an actor, and gives the reason of its end. */
  async function endOf(body, options) {
    const [, ref] = spawnMonitor(main, body, options);
    return (await main.receive(reply(ref)))[4];
  }
  /** Runs an actor that has such a socket, and prints the reason of its end and whether the report says that nobody awaited the call. */
  async function ends(body) {
    const crashes = new Map();
    const onCrash = ({ pid, unawaited }) => crashes.set(pid, unawaited);
    const system = createSystem({ onCrash });
    const there = mainActor(system);
    const [pid, ref] = spawnMonitor(there, async (me) => {
      const { socket, assoc } = await gone(me);
      await body(me, socket, assoc);
      await new Promise(() => undefined);
    });
    const reason = (await there.receive(reply(ref)))[4];
    console.log(\`\${say(reason)}\n\${crashes.get(pid) ? 'unawaited' : 'thrown'}\`);
  }
  const end = (what) => { console.log(what ?? 'still here'); process.exit(); };
`;

describe('a socket call or a call that fails, and that nobody awaited', () => {
  test('ends its actor with that reason; the supervisor starts it again, and others live on', async () => {
    const { status, out, err } = await run(`
      let starts = 0;
      await supervisor.start({ children: [
        { id: 'bystander', start: (self) => spawnLink(self, (me) => me.receive(), { name: 'bystander' }) },
        { id: 'careless', start: (self) => spawnLink(self, async (me) => {
          starts += 1;
          if (starts > 1) end(\`\${starts} starts, \${m.whereis('bystander') !== undefined}\`);
          const { socket, assoc } = await gone(me);
          socket.send(assoc, 0, 'x');
          await me.receive();
        }) },
      ] });
    `);
    expect([status, out]).toEqual([0, 'crash send: epipe true\n2 starts, true\n']);
    expect(err).toMatch(/actor <0\.\d+> crashed\n {2}reason: SocketError: send: epipe/);
    expect(err).toContain('\n  nobody awaited the call that failed\n');
  });

  test('ends its actor with its own error, whichever call it is', async () => {
    const calls: readonly [body: string, message: string | RegExp][] = [
      ['socket.send(assoc, 0, "x")', 'send: epipe'],
      ['socket.send({ assocId: assoc.assocId }, "x")', 'send: epipe'],
      ['socket.send(assoc, 0, "x", { signal: AbortSignal.abort() })', 'send: aborted'],
      ['socket.eof(assoc)', 'eof: epipe'],
      ['socket.abort(assoc)', 'abort: epipe'],
      ['while (await socket.recv(0).catch(() => false)); socket.recv(0)', 'recv: timeout'],
      ['while (await socket.recv(0).catch(() => false)); socket.recv(1)', 'recv: timeout'],
      ['while (await socket.recv(0).catch(() => false)); socket.recv(); socket.close()', 'recv: closed'],
      ['socket.close(); socket.recv()', 'recv: closed'],
      ['socket.accept(me)', /^accept: einval/],
      ['socket.connect("::1", 1)', /^connect.*eafnosupport/],
      [
        'const deaf = await sctp.open(me, 0, { ip: "127.0.0.1" }); socket.connect("127.0.0.1", deaf.port)',
        /^connect.*cant_assoc/,
      ],
      ['socket.connectInit("nowhere.invalid", 1)', /^connectInit.*nxdomain/],
      ['sctp.open(me, 0, { ip: "192.0.2.1" })', /^open.*eaddrnotavail/],
      ['socket.close(); socket.listen(true)', 'listen: closed'],
      ['socket.bindx("nowhere.invalid", "add")', /^bindx.*nxdomain/],
      ['socket.resetAssoc(assoc)', /^resetAssoc: /],
      ['(async () => { await turn(); socket.close(); socket.setopts({ active: true }); })()', 'setopts: closed'],
      ['(async () => { socket.peeloff(me, assoc); })()', 'peeloff: einval'],
      ['(async () => { socket.controllingProcess(me, dead); })()', /^controllingProcess: badarg/],
      ['(async () => { socket.peername(assoc); })()', /^peername: /],
      ['call(me, dead, "hello")', /^call to <0\.\d+> failed: noproc/],
      ['call(me, spawn((other) => other.receive()), "hello")', /failed: normal/],
      ['call(me, spawn(() => new Promise(() => 0)), "hello", 1)', /failed: timeout/],
      ['call(me, me.pid, "hello")', /failed: calling_self/],
      ['call(me, "nobody", "hello")', /call to nobody failed: noproc/],
      ['sys.getState(me, dead)', /failed: noproc/],
      ['m.stop(me, dead)', /failed: noproc/],
      ['me.trapExit = true; task.await(me, task.async(me, () => { throw "no"; }))', /failed: no/],
      ['genServer.startLink(me, { init: () => ["error", "no"] })', /^genServer could not be started: no/],
    ];
    const { status, out } = await run(`
      const dead = spawn(() => 0, { label: 'dead' });
      ${calls.map(([body]) => `await ends(async (me, socket, assoc) => { ${body}; });`).join('\n')}
      end();
    `);
    const lines = calls.flatMap(([, message]) => [expect.stringMatching(message), 'unawaited']);
    expect([status, out.split('\n').filter((line) => line !== 'crash no false')]).toEqual([0, [...lines, 'still here', '']]);
  });

  test('or a promise that was made from it', async () => {
    const bodies = [
      'socket.send(assoc, 0, "x").then(() => 0)',
      'socket.send(assoc, 0, "x").finally(() => 0)',
      'Promise.all([socket.send(assoc, 0, "x"), turn()])',
      'Promise.race([turn().then(turn), socket.send(assoc, 0, "x")])',
      '(async () => { await socket.send(assoc, 0, "x"); })()',
      'socket.send(assoc, 0, "x").finally(async () => { await turn(); await turn(); })',
      'const sent = socket.send(assoc, 0, "x"); await turn(); await turn(); await sent',
    ];
    const { status, out, err } = await run(`
      ${bodies.map((body) => `await ends(async (me, socket, assoc) => { ${body}; });`).join('\n')}
      end();
    `);
    const lines = bodies.flatMap(() => ['send: epipe', 'unawaited']);
    expect([status, out.split('\n')]).toEqual([0, [...lines, 'still here', '']]);
    // Node has reported none of them, so it has nothing to take back when one is awaited late.
    expect(err).not.toContain('PromiseRejectionHandledWarning');
  });

  test('a promise that is awaited in the same turn fails for the code that awaits it', async () => {
    const { status, out } = await run(`
      const reason = await endOf(async (me) => {
        const { socket, assoc } = await gone(me);
        const sent = socket.send(assoc, 0, 'x');
        await null;
        await sent.catch((error) => console.log('caught', error.reason));
      });
      end(reason);
    `);
    expect([status, out]).toEqual([0, 'caught epipe\nnormal\n']);
  });

  test('a second promise of the same failure does nothing more: its actor has ended', async () => {
    const { status, out } = await run(`
      const reason = await endOf(async (me) => {
        const { socket, assoc } = await gone(me);
        const sent = socket.send(assoc, 0, 'x');
        sent.finally(() => turn());
        await sent;
      });
      await turn(); await turn(); await turn();
      end(say(reason));
    `);
    expect([status, out]).toEqual([0, 'crash send: epipe false\nsend: epipe\n']);
  });

  test('ends the actor that made the call, not the present owner of the socket', async () => {
    const { status, out } = await run(`
      const heir = spawn((me) => me.receive(), { label: 'heir' });
      const reason = await endOf(async (me) => {
        const { socket } = await gone(me);
        while ((await socket.recv())[3].state !== 'comm_lost');
        socket.recv(20);
        socket.controllingProcess(me, heir);
        await me.receive();
      });
      end(\`\${say(reason)} \${m.isAlive(heir)}\`);
    `);
    expect([status, out]).toEqual([0, 'crash recv: timeout true\nrecv: timeout true\n']);
  });

  test('by an actor that has ended does nothing', async () => {
    const { status, out, err } = await run(`
      let socket;
      const reason = await endOf(async (me) => {
        ({ socket } = await gone(me));
        (async () => { for (;;) await socket.recv(); })();
        (async () => { await me.receive(); })();
        (async () => { await turn(); me.label = 'late'; })();
        await turn();
        me.exit('enough');
      });
      await turn(); await turn();
      end(reason);
    `);
    expect([status, out]).toEqual([0, 'crash enough false\nenough\n']);
    expect(err).not.toContain('unawaited');
  });

  test('ends a genServer, and one in another system than the default', async () => {
    const { status, out } = await run(`
      const system = createSystem({ onCrash: ({ reason, unawaited }) => console.log('reported', say(reason), unawaited) });
      const there = mainActor(system);
      const server = await genServer.start({
        init: async (self) => ['ok', await gone(self)],
        handleCast: (_message, state) => { state.socket.send(state.assoc, 0, 'x'); return ['noreply', state]; },
      }, { system });
      const ref = there.monitor(server);
      m.cast(server, 'go');
      const down = await there.receive(reply(ref));
      end(say(down[4]));
    `);
    expect([status, out]).toEqual([0, 'reported send: epipe true\nsend: epipe\n']);
  });

  test('an error that a server answers ends the actor that throws it', async () => {
    const { status, out, err } = await run(`
      const server = await genServer.start({
        init: async (self) => ['ok', await gone(self)],
        handleCall: async (_request, _from, state) => {
          try { await state.socket.send(state.assoc, 0, 'x'); } catch (error) { return ['reply', ['error', error], state]; }
        },
      });
      process.on('exit', () => console.log('server lives:', m.isAlive(server)));
      async function program() {
        const [, error] = await call(main, server, 'go');
        throw error;
      }
      program();
    `);
    expect([status, out]).toEqual([1, 'server lives: true\n']);
    expect(err).toContain('SocketError: send: epipe');
  });
});

describe('what a program has arranged for unhandled rejections', () => {
  const forgetful = `
    await endOf(async (me) => {
      const { socket, assoc } = await gone(me);
      socket.send(assoc, 0, 'x');
      await me.receive();
    });
  `;

  test('nothing: any other ends the process, as ever', async () => {
    const { status, out, err } = await run(`${forgetful} Promise.reject(new Error('mine')); await turn(); end();`);
    expect([status, out]).toEqual([1, 'crash send: epipe true\n']);
    expect(err).toMatch(/Error: mine\n[\s\S]*Node\.js v/);
  });

  test('one that is no error has the code that Node gives it', async () => {
    const { status, err } = await run(`${forgetful} Promise.reject(7); await turn(); end();`);
    expect([status, err]).toEqual([1, expect.stringContaining('ERR_UNHANDLED_REJECTION')]);
  });

  test('a failure of the main actor is the program’s own', async () => {
    const { status, err } = await run(`
      const { socket, assoc } = await gone(main);
      (async () => { await socket.send(assoc, 0, 'x'); })();
      await turn(); end();
    `);
    expect([status, err]).toEqual([1, expect.stringContaining('SocketError: send: epipe')]);
  });

  test('a listener hears of all other rejections, and is the only one', async () => {
    const { status, out } = await run(`
      process.on('unhandledRejection', (reason) => console.log('heard', reason.message));
      ${forgetful}
      Promise.reject(new Error('mine'));
      await turn();
      console.log(process.listenerCount('unhandledRejection'));
      end();
    `);
    expect([status, out]).toEqual([0, 'crash send: epipe true\nheard mine\n1\nstill here\n']);
  });

  test.each([
    ['none', { status: 0, out: 'crash send: epipe true\nstill here\n', err: expect.not.stringContaining('Warning') }],
    ['warn', { status: 0, out: 'crash send: epipe true\nstill here\n', err: expect.stringContaining('Error: mine') }],
    [
      'warn-with-error-code',
      { status: 1, out: 'crash send: epipe true\nstill here\n', err: expect.stringContaining('Error: mine') },
    ],
    ['strict', { status: 1, out: 'crash send: epipe true\n', err: expect.stringContaining('Error: mine') }],
  ])('--unhandled-rejections=%s', async (mode, ended) => {
    const code = `${forgetful} Promise.reject(new Error('mine')); await turn(); console.log('still here'); process.exit();`;
    expect(await run(code, `--unhandled-rejections=${mode}`)).toEqual(ended);
  });

  test('strict is no reason to swallow what a module fails with', async () => {
    const code = `
      let error;
      await endOf(async (me) => {
        const { socket, assoc } = await gone(me);
        error = await socket.send(assoc, 0, 'x').catch((error) => error);
      });
      throw error;`;
    for (const flags of [[], ['--unhandled-rejections=strict']]) expect((await run(code, ...flags)).status).toBe(1);
  });

  test('in a worker it is the worker’s', async () => {
    const { status, out } = await run(`
      import { Worker } from 'node:worker_threads';
      const worker = new Worker(\`
        (async () => {
          const m = await import(\${JSON.stringify(${dist('runtime/index.js')})});
          const dead = m.spawn(() => 0);
          const careless = m.spawn(async (me) => { await new Promise(setImmediate); m.call(me, dead, 'x'); await me.receive(); });
          const main = m.mainActor();
          const ref = main.monitor(careless);
          console.log('worker', (await main.receive(m.reply(ref)))[4].name);
        })();
      \`, { eval: true });
      const status = await new Promise((resolve) => worker.on('exit', resolve));
      console.log('worker ended', status);
      ${forgetful}
      end();
    `);
    expect([status, out]).toEqual([0, 'worker CallError\nworker ended 0\ncrash send: epipe true\nstill here\n']);
  });
});
