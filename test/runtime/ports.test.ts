/** What the runtime promises to ports: links, monitors, and the calls that a port may make on its owner's mailbox. */
import { exit, isAlive, type Pid, type Port, processInfo, send, spawn, spawnHandler, tag } from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  backlog,
  backlogBytes,
  deliver,
  deliverWeighed,
  extract,
  linkPort,
  PortBacklog,
  portExited,
  unlinkPort,
  whenDrained,
} from '../../runtime/ports.js';
import { flush, nextTurn, type TestSystem, testSystem } from './testSystem.js';

/** The simplest port: when a link ends, it closes with the reason of that end. */
class TestPort implements Port {
  readonly label = '#Port<1>';
  isOpen = true;
  readonly exits: unknown[] = [];

  onExit(from: Pid, reason: unknown): void {
    this.exits.push([from, reason]);
    this.close(reason);
  }

  close(reason: unknown): void {
    this.isOpen = false;
    portExited(this, reason);
  }
}

let the: TestSystem;
let port: TestPort;
beforeEach(() => {
  the = testSystem();
  port = new TestPort();
});

const idler = (options: { trapExit?: boolean } = {}) =>
  spawnHandler<unknown>((message) => send(the.main.pid, message), { system: the.system, ...options });

describe('links', () => {
  // OW-1
  test.each(['normal', 'shutdown', 'boom'])('a port hears of its owner’s end at once, whatever the reason: %s', (reason) => {
    const owner = spawnHandler<unknown>((_, self) => self.exit(reason), { system: the.system });
    expect(linkPort(owner, port)).toBe(true);
    exit(owner, 'kill');
    expect(port.exits).toEqual([[owner, 'killed']]);
    const other = spawnHandler<unknown>((_, self) => self.exit(reason), { system: the.system });
    const second = new TestPort();
    linkPort(other, second);
    send(other, 1);
    return nextTurn().then(() => expect(second.exits).toEqual([[other, reason]]));
  });

  // OW-2, OW-3
  test('a port does not hear of what does not end its owner, nor of others', async () => {
    const owner = idler();
    linkPort(owner, port);
    exit(owner, 'normal');
    exit(idler(), 'kill');
    expect(port.exits).toEqual([]);
    expect(processInfo(owner)?.links).toEqual([port]);
  });

  test('a dead actor cannot be linked', () => {
    const owner = idler();
    exit(owner, 'kill');
    expect(linkPort(owner, port)).toBe(false);
    expect(port.exits).toEqual([]);
  });

  // OW-4, OW-5
  test('a port that ends normally is a message to a trapping owner, and nothing to another', async () => {
    const [trapping, plain] = [idler({ trapExit: true }), idler()];
    linkPort(trapping, port);
    linkPort(plain, port);
    port.close('normal');
    expect(isAlive(plain)).toBe(true);
    expect(await the.main.receive()).toEqual(['EXIT', port, 'normal']);
    expect([processInfo(plain)?.links, processInfo(trapping)?.links]).toEqual([[], []]);
  });

  // OW-6
  test('a port that fails ends an owner that does not trap exits', () => {
    const owner = idler();
    linkPort(owner, port);
    port.close('enomem');
    expect(isAlive(owner)).toBe(false);
    expect(port.exits).toEqual([]);
  });

  // OW-5
  test('unlinkPort takes the exit message of this port, and no other, out of the mailbox', async () => {
    const { main } = the;
    main.trapExit = true;
    const other = new TestPort();
    linkPort(main.pid, port);
    linkPort(main.pid, other);
    port.close('normal');
    other.close('normal');
    unlinkPort(main.pid, port);
    expect(await flush(main)).toEqual([['EXIT', other, 'normal']]);
  });

  test('an unlinked port does not hear of the end', () => {
    const owner = idler();
    linkPort(owner, port);
    unlinkPort(owner, port);
    exit(owner, 'kill');
    expect(port.exits).toEqual([]);
  });

  test('an actor may link to a port itself; to a closed one brings noproc', async () => {
    const { main } = the;
    main.trapExit = true;
    main.link(port);
    port.close('reason');
    expect(await main.receive()).toEqual(['EXIT', port, 'reason']);
    main.link(port);
    expect(await main.receive()).toEqual(['EXIT', port, 'noproc']);
  });

  test('an exit signal to a port reaches it', () => {
    exit(port, 'boom', the.main);
    expect(port.exits).toEqual([[the.main.pid, 'boom']]);
  });

  test('the links of an owner hear of its end before its ports close', async () => {
    const { main } = the;
    main.trapExit = true;
    const owner = idler();
    linkPort(owner, port);
    main.link(owner);
    main.monitor(port);
    exit(owner, 'boom');
    expect(await flush(main)).toEqual([
      ['EXIT', owner, 'boom'],
      ['DOWN', expect.anything(), 'port', port, 'boom'],
    ]);
  });

  test('a port that throws disturbs neither the end nor the other ports', async () => {
    const owner = idler();
    const broken: Port = {
      label: '#Port<2>',
      isOpen: true,
      onExit: () => {
        throw new Error('broken port');
      },
    };
    linkPort(owner, broken);
    linkPort(owner, port);
    const uncaught = new Promise((resolve) => {
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const other of others) process.on('uncaughtException', other);
        resolve(error);
      });
    });
    exit(owner, 'boom');
    expect(port.exits).toEqual([[owner, 'boom']]);
    expect(await uncaught).toMatchObject({ message: 'broken port' });
  });
});

// OW-9
describe('monitors', () => {
  test('tell of the end of a port, once each, with its reason', async () => {
    const { main } = the;
    const refs = [main.monitor(port), main.monitor(port), main.monitor(port)] as const;
    main.demonitor(refs[1]);
    port.close('reason');
    port.close('again');
    expect(await flush(main)).toEqual([refs[0], refs[2]].map((ref) => ['DOWN', ref, 'port', port, 'reason']));
  });

  test('of a closed port tell noproc at once', async () => {
    port.close('normal');
    const ref = the.main.monitor(port);
    expect(await the.main.receive({ after: 0 })).toEqual(['DOWN', ref, 'port', port, 'noproc']);
  });
});

describe('the mailbox', () => {
  test('takes messages, and counts those that wait', async () => {
    const { main } = the;
    expect(backlog(main.pid)).toBe(0);
    deliver(main.pid, 'first');
    deliver(main.pid, ['x']);
    expect(backlog(main.pid)).toBe(2);
    await main.receive(tag('x'));
    expect(backlog(main.pid)).toBe(1);
    await main.receive();
    expect(backlog(main.pid)).toBe(0);
  });

  test('of an actor that has ended takes nothing and counts nothing', () => {
    const owner = idler();
    deliver(owner, 1);
    exit(owner, 'kill');
    deliver(owner, 2);
    expect(backlog(owner)).toBe(0);
    expect(extract(owner, () => true)).toEqual([]);
  });

  // CP-11, CP-12, CP-16
  test('gives up the messages that match, in order, and keeps the rest in order', async () => {
    const { main } = the;
    for (const message of [1, ['u'], 2, ['v'], 3, 4]) deliver(main.pid, message);
    await main.receive(tag('v'));
    deliver(main.pid, 5);
    expect(extract(main.pid, (message) => typeof message === 'number' && message % 2 === 1)).toEqual([1, 3, 5]);
    expect(await flush(main)).toEqual([['u'], 2, 4]);
  });
});

describe('deliverWeighed', () => {
  test('counts for port and mailbox as long as the message waits, and not at all if somebody waits for it', async () => {
    const { main } = the;
    const waiting = new PortBacklog();
    deliverWeighed(main.pid, ['a'], waiting, 5);
    deliverWeighed(main.pid, ['b'], waiting, 7);
    deliver(main.pid, ['c']);
    expect([backlogBytes(main.pid), waiting.bytes, processInfo(main.pid)?.mailboxBytes]).toEqual([12, 12, 12]);
    expect(await main.receive(tag('b'))).toEqual(['b']);
    expect([backlogBytes(main.pid), waiting.bytes]).toEqual([5, 5]);
    expect(extract(main.pid, () => true)).toEqual([['a'], ['c']]);
    expect([backlogBytes(main.pid), waiting.bytes]).toEqual([0, 0]);
    const received: Promise<unknown> = main.receive();
    deliverWeighed(main.pid, ['d'], waiting, 9);
    expect([backlogBytes(main.pid), waiting.bytes]).toEqual([0, 0]);
    expect(await received).toEqual(['d']);
  });

  test('a policy of the mailbox never drops what a port has weighed', async () => {
    const { system } = the;
    for (const policy of ['drop_newest', 'drop_oldest'] as const) {
      const owner = spawn(() => new Promise(() => undefined), { system, mailbox: { limit: 2, policy } });
      const waiting = new PortBacklog();
      for (const message of ['a', 'b', 'c']) deliverWeighed(owner, [message], waiting, 1);
      send(owner, ['d'] as never);
      expect([backlog(owner), waiting.bytes, processInfo(owner)?.dropped]).toEqual([3, 3, 1]);
      exit(owner, 'kill');
    }
  });

  test('a dead actor has nothing waiting', async () => {
    const owner = spawn(() => undefined, { system: the.system });
    await nextTurn();
    const waiting = new PortBacklog();
    deliverWeighed(owner, ['a'], waiting, 5);
    expect([backlogBytes(owner), waiting.bytes]).toEqual([0, 0]);
  });
});

describe('whenDrained', () => {
  test('calls once when so much has been taken, not at once and not in the taker’s turn', async () => {
    const { main } = the;
    for (let count = 0; count < 10; count += 1) deliver(main.pid, count);
    let calls = 0;
    whenDrained(
      main.pid,
      () => backlog(main.pid) <= 5,
      () => {
        calls += 1;
      },
    );
    for (let count = 0; count < 4; count += 1) await main.receive();
    expect(calls).toBe(0);
    const received = main.receive();
    expect(backlog(main.pid)).toBe(5);
    expect(calls).toBe(0);
    await received;
    await nextTurn();
    expect(calls).toBe(1);
    for (let count = 0; count < 5; count += 1) await main.receive();
    await nextTurn();
    expect(calls).toBe(1);
  });

  test('calls for a handler too', async () => {
    const owner = idler();
    for (let count = 0; count < 1000; count += 1) deliver(owner, count);
    const atCall = new Promise<number>((resolve) => {
      whenDrained(
        owner,
        () => backlog(owner) <= 500,
        () => resolve(backlog(owner)),
      );
    });
    expect(await atCall).toBeLessThanOrEqual(500);
  });

  test('calls, as a task of its own, if the backlog is low already', async () => {
    let calls = 0;
    whenDrained(
      the.main.pid,
      () => backlog(the.main.pid) <= 0,
      () => {
        calls += 1;
      },
    );
    expect(calls).toBe(0);
    await nextTurn();
    expect(calls).toBe(1);
  });

  test.each(['alive', 'dead'])('calls when the actor ends, or has ended: %s', async (state) => {
    const owner = idler();
    for (let count = 0; count < 10; count += 1) deliver(owner, count);
    if (state === 'dead') exit(owner, 'kill');
    const called = new Promise<void>((resolve) => {
      whenDrained(owner, () => backlog(owner) <= 0, resolve);
    });
    exit(owner, 'kill');
    await called;
    expect(isAlive(owner)).toBe(false);
  });

  test('serves several at levels of their own, and those that cancel not at all', async () => {
    const { main } = the;
    for (let count = 0; count < 10; count += 1) deliver(main.pid, count);
    const called: string[] = [];
    whenDrained(
      main.pid,
      () => backlog(main.pid) <= 2,
      () => called.push('two'),
    );
    whenDrained(
      main.pid,
      () => backlog(main.pid) <= 8,
      () => called.push('eight'),
    );
    const cancel = whenDrained(
      main.pid,
      () => backlog(main.pid) <= 5,
      () => called.push('five'),
    );
    for (let count = 0; count < 2; count += 1) await main.receive();
    await nextTurn();
    expect(called).toEqual(['eight']);
    cancel();
    for (let count = 0; count < 8; count += 1) await main.receive();
    await nextTurn();
    expect(called).toEqual(['eight', 'two']);
  });

  test('a handoff lowers the backlog as well', async () => {
    const { main } = the;
    for (let count = 0; count < 10; count += 1) deliver(main.pid, count);
    const called = new Promise<void>((resolve) => {
      whenDrained(main.pid, () => backlog(main.pid) <= 0, resolve);
    });
    extract(main.pid, () => true);
    await called;
    expect(backlog(main.pid)).toBe(0);
  });
});
