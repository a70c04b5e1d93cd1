/** Links, monitors and exit signals. Unless said otherwise the promises are those of erlang(3): link/1, monitor/2, exit/2, process_flag/2. */
import {
  type AnySelf,
  exit,
  isAlive,
  makeRef,
  type Pid,
  processInfo,
  reply,
  type Self,
  send,
  spawn,
  spawnHandler,
  spawnLink,
  spawnMonitor,
  tag,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from './testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

/** An actor that does nothing but wait, told what to do by functions it is sent. */
function idler(options: { trapExit?: boolean; link?: AnySelf } = {}): Pid<(self: AnySelf) => void> {
  return spawnHandler<(self: AnySelf) => void>((act, self) => act(self), { system: the.system, ...options });
}

async function endOf(pid: Pid): Promise<unknown> {
  const ref = the.main.monitor(pid);
  const down = (await the.main.receive(reply(ref))) as readonly unknown[];
  expect(down.slice(0, 4)).toEqual(['DOWN', ref, 'process', pid]);
  return down[4];
}

describe('the end of an actor', () => {
  test.each<[string, (self: AnySelf) => unknown, unknown]>([
    ['by returning', () => 'a value', 'normal'],
    ['by returning later', async (self) => self.receive(), 'normal'],
    [
      'by throwing',
      () => {
        throw 'thrown';
      },
      'thrown',
    ],
    ['by rejecting', async () => Promise.reject('rejected'), 'rejected'],
    ['by self.exit', (self) => self.exit('asked for'), 'asked for'],
    [
      'by self.exit that is caught',
      async (self) => {
        try {
          self.exit('asked for');
        } catch {}
        return 'ignored';
      },
      'asked for',
    ],
  ])('%s has its reason', async (_, body, reason) => {
    const pid = spawn<unknown>(body, { system: the.system });
    const ref = the.main.monitor(pid);
    send(pid, 'go on');
    expect(await the.main.receive()).toEqual(['DOWN', ref, 'process', pid, reason]);
    expect(isAlive(pid)).toBe(false);
    expect(processInfo(pid)).toBeUndefined();
  });

  test('a handler that throws ends its own actor alone, and the message it failed on is gone', async () => {
    const { main, system, crashes } = the;
    const other = idler();
    const error = new Error('handler');
    const pid = spawnHandler<number>(
      (message) => {
        if (message === 2) throw error;
        send(main.pid, message);
      },
      { system },
    );
    for (const message of [1, 2, 3]) send(pid, message);
    expect(await endOf(pid)).toBe(error);
    expect(await flush(main)).toEqual([1]);
    expect(isAlive(other)).toBe(true);
    expect(crashes).toMatchObject([{ pid, reason: error, lastMessage: 2, mailboxLength: 1 }]);
  });

  test('a handler whose promise rejects ends with that', async () => {
    const pid = spawnHandler<number>(async () => Promise.reject('later'), { system: the.system });
    send(pid, 1);
    expect(await endOf(pid)).toBe('later');
  });

  test('a handler may give any thenable, one that settles at once too', async () => {
    const { main, system } = the;
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested
    const thenable = { then: (settle: (value: undefined) => void) => settle(undefined) };
    const pid = spawnHandler<number>(
      (number) => {
        send(main.pid, number);
        return thenable;
      },
      { system },
    );
    send(pid, 1);
    send(pid, 2);
    expect([await main.receive(), await main.receive()]).toEqual([1, 2]);
    exit(pid, 'kill');
  });

  test('sends to an actor that has ended are silent', async () => {
    const pid = idler();
    exit(pid, 'kill');
    send(pid, () => undefined);
    expect(isAlive(pid)).toBe(false);
  });

  test('after an actor has ended, nothing that its body does reaches another', async () => {
    const { main, system, crashes } = the;
    const gate = makeGate();
    const pid = spawn(
      async () => {
        await gate.opened;
        throw new Error('too late');
      },
      { system },
    );
    await nextTurn();
    exit(pid, 'kill');
    gate.open();
    await nextTurn();
    expect(await endOf(pid)).toBe('noproc');
    expect(await flush(main)).toEqual([]);
    expect(crashes).toEqual([]);
  });
});

function makeGate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('exit signals', () => {
  const outcomes: [reason: string, trapExit: boolean, outcome: 'lives' | 'message' | string][] = [
    ['boom', false, 'boom'],
    ['boom', true, 'message'],
    ['normal', false, 'lives'],
    ['normal', true, 'message'],
    ['shutdown', false, 'shutdown'],
    ['kill', false, 'killed'],
    ['kill', true, 'killed'],
  ];
  test.each(outcomes)('%s to an actor with trapExit %s: %s', async (reason, trapExit, outcome) => {
    const { main, system } = the;
    const pid = spawnHandler<unknown>((message) => send(main.pid, message), { system, trapExit });
    exit(pid, reason, main);
    if (outcome === 'lives' || outcome === 'message') expect(isAlive(pid)).toBe(true);
    else expect(isAlive(pid)).toBe(false);
    await nextTurn();
    expect(await flush(main)).toEqual(outcome === 'message' ? [['EXIT', main.pid, reason]] : []);
  });

  test("links of a killed actor see 'killed', which can be trapped", async () => {
    const { main } = the;
    main.trapExit = true;
    const pid = idler({ link: main });
    exit(pid, 'kill');
    expect(await main.receive()).toEqual(['EXIT', pid, 'killed']);
  });

  test("'kill' as the reason of a link can be trapped, unlike that of exit", async () => {
    const { main } = the;
    main.trapExit = true;
    const pid = idler({ link: main });
    send(pid, (self) => self.exit('kill'));
    expect(await main.receive()).toEqual(['EXIT', pid, 'kill']);
  });

  test("an actor that sends itself 'normal' ends", async () => {
    const pid = idler();
    send(pid, (self) => exit(self.pid, 'normal', self));
    expect(await endOf(pid)).toBe('normal');
  });

  test('without a sender the signal seems to come from its target', async () => {
    const pid = spawnHandler<unknown>((message) => send(the.main.pid, message), { system: the.system, trapExit: true });
    exit(pid, 'who');
    expect(await the.main.receive()).toEqual(['EXIT', pid, 'who']);
  });

  test('to an actor that has ended are silent', () => {
    const pid = idler();
    exit(pid, 'kill');
    exit(pid, 'kill');
    exit(pid, 'boom');
    expect(isAlive(pid)).toBe(false);
  });

  test('keep their place among the messages of their sender', async () => {
    const { main, system } = the;
    const trapping = spawnHandler<unknown>((message) => send(main.pid, message), { system, trapExit: true });
    send(trapping, 1);
    exit(trapping, 'boom', main);
    send(trapping, 2);
    expect([await main.receive(), await main.receive(), await main.receive()]).toEqual([1, ['EXIT', main.pid, 'boom'], 2]);
  });

  test('an end comes after all messages that the actor sent', async () => {
    const { main, system } = the;
    main.trapExit = true;
    const pid = spawnLink<unknown>(main, () => {
      for (let count = 0; count < 3; count += 1) send(main.pid, count);
      throw 'done';
    });
    expect(system.actorCount).toBe(2);
    await main.receive((message) => Array.isArray(message));
    main.monitor(pid);
    expect(await flush(main)).toEqual([0, 1, 2, ['DOWN', expect.anything(), 'process', pid, 'noproc']]);
  });
});

describe('links', () => {
  test('an abnormal end takes linked actors with it, however they are linked', async () => {
    const pids = Array.from({ length: 4 }, () => idler());
    const [first, second, third, fourth] = pids as [Pid<(self: AnySelf) => void>, Pid<(self: AnySelf) => void>, Pid, Pid];
    send(first, (self) => self.link(second));
    send(second, (self) => self.link(third));
    await nextTurn();
    exit(third, 'boom');
    expect(pids.map((pid) => isAlive(pid))).toEqual([false, false, false, true]);
    expect(isAlive(fourth)).toBe(true);
  });

  test("'normal' ends no linked actor, and an actor that traps exits is told", async () => {
    const plain = idler();
    const { main } = the;
    main.trapExit = true;
    const pid = idler({ link: main });
    send(pid, (self) => self.link(plain));
    send(pid, (self) => self.exit('normal'));
    expect(await main.receive()).toEqual(['EXIT', pid, 'normal']);
    expect(isAlive(plain)).toBe(true);
    expect(processInfo(plain)?.links).toEqual([]);
  });

  test('are one however often made, and one unlink undoes them from either side', async () => {
    const { main } = the;
    const pid = idler();
    main.link(pid);
    main.link(pid);
    send(pid, (self) => self.link(main.pid));
    await nextTurn();
    expect(processInfo(pid)?.links).toEqual([main.pid]);
    send(pid, (self) => self.unlink(main.pid));
    await nextTurn();
    exit(pid, 'boom');
    expect(isAlive(main.pid)).toBe(true);
    expect(processInfo(main.pid)?.links).toEqual([]);
  });

  test('to the dead bring noproc: a message to whoever traps, an error to whoever does not', async () => {
    const { main } = the;
    const gone = idler();
    exit(gone, 'kill');
    main.trapExit = true;
    main.link(gone);
    expect(await main.receive()).toEqual(['EXIT', gone, 'noproc']);
    const pid = idler();
    send(pid, (self) => self.link(gone));
    expect(await endOf(pid)).toMatchObject({ name: 'NoProc', code: 'noproc' });
  });

  test('to oneself do nothing', () => {
    the.main.link(the.main.pid);
    expect(processInfo(the.main.pid)?.links).toEqual([]);
  });

  test('a chain of 100,000 ends without a deep stack', async () => {
    const { main, system } = the;
    const pids: Pid[] = [];
    const init = (self: Self<unknown>) => {
      pids.push(self.pid);
      if (pids.length < 100_000) spawnHandler<unknown>({ init }, { link: self });
      else send(main.pid, 'all linked');
      return () => undefined;
    };
    spawnHandler<unknown>({ init }, { system });
    await main.receive();
    exit(pids[50_000] as Pid, 'boom');
    expect(pids.filter((pid) => isAlive(pid))).toEqual([]);
    expect(system.actorCount).toBe(1);
  });

  test('spawnLink links before the new actor runs', async () => {
    const { main } = the;
    main.trapExit = true;
    const pid = spawnLink(main, () => {
      throw 'at once';
    });
    expect(processInfo(main.pid)?.links).toEqual([pid]);
    expect(await main.receive()).toEqual(['EXIT', pid, 'at once']);
  });
});

describe('monitors', () => {
  test('tell once, each of them, with the reason', async () => {
    const { main } = the;
    const [pid, first] = spawnMonitor(main, () => Promise.reject('reason'));
    const second = main.monitor(pid);
    const downs = [await main.receive(), await main.receive()];
    expect(downs).toEqual([first, second].map((ref) => ['DOWN', ref, 'process', pid, 'reason']));
    expect(await flush(main)).toEqual([]);
  });

  test('of the dead tell noproc at once', async () => {
    const pid = idler();
    exit(pid, 'kill');
    const ref = the.main.monitor(pid);
    expect(await the.main.receive({ after: 0 })).toEqual(['DOWN', ref, 'process', pid, 'noproc']);
  });

  test('do not end the watcher, and its end does not end the watched actor', async () => {
    const { main } = the;
    const watcher = idler();
    const watched = idler();
    send(watcher, (self) => self.monitor(watched));
    await nextTurn();
    expect(processInfo(watched)?.monitoredBy).toEqual([watcher]);
    expect(processInfo(watcher)?.monitors).toEqual([watched]);
    exit(watcher, 'boom');
    expect(isAlive(watched)).toBe(true);
    expect(processInfo(watched)?.monitoredBy).toEqual([]);
    const ref = main.monitor(watched);
    exit(watched, 'boom');
    expect(await main.receive()).toEqual(['DOWN', ref, 'process', watched, 'boom']);
  });

  test('a demonitor silences one of them', async () => {
    const { main } = the;
    const pid = idler();
    const [first, second] = [main.monitor(pid), main.monitor(pid)];
    main.demonitor(first);
    exit(pid, 'boom');
    expect(await flush(main)).toEqual([['DOWN', second, 'process', pid, 'boom']]);
  });

  test('a demonitor too late leaves the message, with flush it takes it', async () => {
    const { main } = the;
    const pid = idler();
    const [first, second] = [main.monitor(pid), main.monitor(pid)];
    send(main.pid, ['reply', second]);
    exit(pid, 'boom');
    main.demonitor(first);
    main.demonitor(second, { flush: true });
    expect(await flush(main)).toEqual([
      ['reply', second],
      ['DOWN', first, 'process', pid, 'boom'],
    ]);
  });

  test("a demonitor of nothing, or of another's monitor, does nothing", async () => {
    const { main } = the;
    const pid = idler();
    const ref = main.monitor(pid);
    const other = idler();
    send(other, (self) => self.demonitor(ref, { flush: true }));
    main.demonitor(makeRef(), { flush: true });
    await nextTurn();
    exit(pid, 'boom');
    expect(await main.receive(tag('DOWN'))).toEqual(['DOWN', ref, 'process', pid, 'boom']);
  });
});
