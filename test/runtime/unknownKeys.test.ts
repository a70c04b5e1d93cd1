/** Every call that takes an object of options refuses unknown keys. Otherwise a misspelt key would be ignored in silence. */
import { describe, expect, test } from 'vitest';
import {
  BadArg,
  createSystem,
  genServer,
  mainActor,
  makeRef,
  spawn,
  spawnHandler,
  spawnLink,
  spawnMonitor,
  stateMachine,
  supervisor,
  sys,
  task,
} from '../../actors/index.js';
import { createSctp } from '../../actors/sctp/open.js';
import { simulate } from '../../actors/testing/index.js';
import { SimStack } from '../sim/simStack.js';

const main = mainActor();
const sctp = createSctp({ embedded: (onBatch) => new SimStack(onBatch) });
const idle = () => main.receive(() => false);
const machine = { transition: () => 0, getInitialSnapshot: () => 0 } as never;
const child = { id: 'a', start: () => undefined };
const init = () => ['ok', 0] as const;
/** As plain JavaScript does it, without types. */
// biome-ignore lint/complexity/noBannedTypes: it takes any function
const untyped = (call: Function, ...args: readonly unknown[]) => call(...args);

describe('a key that is not known throws BadArg, which names the one that was meant', () => {
  test.each<[what: string, call: () => unknown, argument: string, meant: string | undefined]>([
    ['spawn', () => untyped(spawn, idle, { labl: 'x' }), 'options.labl', 'label'],
    ['spawnLink', () => untyped(spawnLink, main, idle, { trapexit: true }), 'options.trapexit', 'trapExit'],
    ['spawnMonitor', () => untyped(spawnMonitor, main, idle, { trap_exit: true }), 'options.trap_exit', 'trapExit'],
    ['spawnHandler', () => untyped(spawnHandler, idle, { nmae: 'x' }), 'options.nmae', undefined],
    ['mailbox', () => untyped(spawn, idle, { mailbox: { limit: 1, polcy: 'exit' } }), 'options.mailbox.polcy', 'policy'],
    ['createSystem', () => untyped(createSystem, { onCrahs: () => 0 }), 'options.onCrahs', 'onCrash'],
    [
      'stop of a system',
      () => untyped((options: never) => createSystem().stop(options), { timeout: 5 }),
      'options.timeout',
      undefined,
    ],
    ['receive', () => untyped((options: never) => main.receive(options), { aftr: 0 }), 'options.aftr', 'after'],
    [
      'receive with a guard',
      () => untyped((options: never) => main.receive(() => true, options), { After: 0 }),
      'options.After',
      'after',
    ],
    [
      'demonitor',
      () => untyped((options: never) => main.demonitor(makeRef(), options), { flsh: true }),
      'options.flsh',
      undefined,
    ],
    ['genServer', () => untyped(genServer.start, { init }, { arg: 1 }), 'options.arg', 'args'],
    ['startLink', () => untyped(genServer.startLink, main, { init }, { timoutMs: 1 }), 'options.timoutMs', 'timeoutMs'],
    ['callbacks', () => untyped(genServer.start, { init, handelCall: () => 0 }), 'callbacks.handelCall', 'handleCall'],
    ['Erlang’s spelling', () => untyped(genServer.start, { init, handle_info: () => 0 }), 'callbacks.handle_info', 'handleInfo'],
    [
      'callbacks of a class',
      () =>
        untyped(
          genServer.start,
          new (class {
            init = init;
            handleCalls() {}
          })(),
        ),
      'callbacks.handleCalls',
      'handleCall',
    ],
    ['stateMachine', () => untyped(stateMachine.start, machine, { inptu: 1 }), 'options.inptu', 'input'],
    ['supervisor', () => untyped(supervisor.start, { children: [], intesity: 3 }), 'spec.intesity', 'intensity'],
    [
      'a dynamic supervisor',
      () => untyped(supervisor.start, { strategy: 'simple_one_for_one', child, children: [] }),
      'spec.children',
      undefined,
    ],
    ['options of a supervisor', () => untyped(supervisor.start, { children: [] }, { naem: 'x' }), 'options.naem', undefined],
    [
      'a child',
      () => untyped(supervisor.start, { children: [{ ...child, shutdwn: 5 }] }),
      'spec.children[0].shutdwn',
      'shutdown',
    ],
    [
      'startChild',
      () => untyped(supervisor.startChild, main, main.pid, { ...child, restrt: 'temporary' }),
      'child.restrt',
      'restart',
    ],
    ['trace', () => untyped(sys.trace, main, main.pid, { limit: 1, sinc: () => 0 }), 'options.sinc', 'sink'],
    ['task', () => untyped(task.async, main, idle, { lable: 'x' }), 'options.lable', 'label'],
    ['simulate', () => untyped(simulate, idle, { seeds: 1 }), 'options.seeds', 'seed'],
  ])('%s', (_what, call, argument, meant) => {
    let thrown: unknown;
    try {
      call();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(BadArg);
    const { argument: named, message } = thrown as BadArg;
    expect(named).toBe(argument);
    if (meant !== undefined) expect(message).toBe(`${argument}: is not known here: did you mean ${meant}?`);
    else expect(message).toMatch(/is not known here: (there is|did you mean) /);
  });

  test('options of sockets', async () => {
    const socket = await sctp.open(main);
    const wrong: [call: () => unknown, message: string][] = [
      [() => untyped(sctp.open, main, 0, { activ: true }), 'options.activ: is no option of an SCTP socket: did you mean active?'],
      [
        () => untyped(sctp.open, main, 0, [['sctpNodelai', true]]),
        'options.sctpNodelai: is no option of an SCTP socket: did you mean sctpNodelay?',
      ],
      [
        () => socket.setopts({ nonBlockSned: true } as never),
        'options.nonBlockSned: is no option of an SCTP socket: did you mean nonBlockSend?',
      ],
      [
        () => socket.setopts({ sctpInitmsg: { numOstream: 1 } } as never),
        'options.sctpInitmsg.numOstream: is no field of this option: did you mean numOstreams?',
      ],
      [() => socket.getopts(['recbuff'] as never), 'names[0]: is no option that can be read: did you mean recbuf?'],
      [() => socket.recv(0, { singal: undefined } as never), 'options.singal: is not known here: did you mean signal?'],
      [() => socket.recv(0, AbortSignal.abort() as never), "options: must be { signal }, or an actor's self"],
      [() => socket.accept(main, 0, { sig: undefined } as never), 'options.sig: is not known here: there is signal'],
      [() => socket.send(1, 0, 'x', { sinal: undefined } as never), 'options.sinal: is not known here: did you mean signal?'],
      [
        () => socket.send({ assocId: 1, strem: 0 } as never, 'x'),
        'info.strem: is no field of an sctp_sndrcvinfo: did you mean stream?',
      ],
      [
        () => socket.connect('127.0.0.1', 1, { recbuff: 1 } as never),
        'options.recbuff: is no option of an SCTP socket: did you mean recbuf?',
      ],
      [
        () => socket.connect({ addr: '127.0.0.1', prot: 1 } as never),
        'sockAddr.prot: is no field of an address: did you mean port?',
      ],
      [() => socket.handOff(main, 1, main.pid, { activ: 1 } as never), 'options.activ: is not known here: did you mean active?'],
      [
        () => socket.resetStreams(1, { directoin: 'both' } as never),
        'request.directoin: is not known here: did you mean direction?',
      ],
    ];
    for (const [call, message] of wrong) expect(call).toThrow(expect.objectContaining({ name: 'BadArg', message }));
    socket.close();
  });
});

describe('what is no mistake', () => {
  test('callbacks with functions and state of their own, in an object, a class or a module', async () => {
    class Counter {
      count = 0;
      init = init;
      handleCall() {
        return ['reply', this.help(), 0] as const;
      }
      help() {
        return 1;
      }
      static handleCalls() {}
    }
    await untyped(genServer.start, new Counter());
    await untyped(genServer.start, { init, helper: () => 0, start: () => 0, table: [] });
    await untyped(genServer.start, { init, handlePing: () => 0, handleInit: () => 0, handleSend: () => 0, exit: () => 0 });
    await untyped(genServer.start, await import('./unknownKeysServer.js'));
  });

  test('an actor’s self, or the controller of a signal, where a signal is wanted', async () => {
    const socket = await sctp.open(main);
    await expect(socket.recv(0, main)).rejects.toMatchObject({ reason: 'timeout' });
    await expect(socket.recv(0, new AbortController())).rejects.toMatchObject({ reason: 'timeout' });
    socket.close();
  });
});
