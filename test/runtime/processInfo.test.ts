/** What any code can ask about actors: `processes` and `processInfo`. */
import {
  exit,
  genServer,
  mainActor,
  type Pid,
  processes,
  processInfo,
  register,
  send,
  spawn,
  spawnHandler,
  supervisor,
  tag,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { linkPort } from '../../runtime/ports.js';
import { nextTurn, type TestSystem, testSystem } from './testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

describe('processes', () => {
  test('are those of a system that live, the oldest first', () => {
    const { main, system } = the;
    const [a, b, c] = [1, 2, 3].map(() => spawnHandler(() => undefined, { system })) as [Pid, Pid, Pid];
    expect(processes(system)).toEqual([main.pid, a, b, c]);
    exit(b, 'kill');
    expect(processes(system)).toEqual([main.pid, a, c]);
    exit(c, 'kill');
    const d = spawnHandler(() => undefined, { system });
    expect(processes(system)).toEqual([main.pid, a, d]);
  });

  test('are those of the default system unless told otherwise', () => {
    const { pid } = mainActor();
    expect(processes()).toContain(pid);
    expect(processes()).not.toContain(the.main.pid);
  });
});

describe('processInfo tells', () => {
  test('whether an actor runs, is about to, or waits', async () => {
    const { main, system } = the;
    const seen: unknown[] = [];
    const status = (pid: Pid) => processInfo(pid)?.status;
    const handler: Pid<string> = spawnHandler<string>((_message, self) => seen.push(status(self.pid)), { system });
    expect(status(handler)).toBe('runnable');
    await nextTurn();
    expect(status(handler)).toBe('waiting');
    send(handler, 'x');
    expect(status(handler)).toBe('runnable');
    await nextTurn();
    expect(seen).toEqual(['running']);
    const body = spawn<unknown>((self) => self.receive(tag('go')), { system });
    await nextTurn();
    expect(status(body)).toBe('waiting');
    expect(status(main.pid)).toBe('running');
  });

  test('its name, and nothing when that is gone', () => {
    register('me', the.main.pid);
    expect(processInfo(the.main.pid)?.registeredName).toBe('me');
  });

  test('of which behaviour it is', async () => {
    const { system } = the;
    const server = await genServer.start({ init: () => ['ok', 0] }, { system });
    const top = await supervisor.start({ children: [] }, { system });
    expect([server, top, the.main.pid].map((pid) => processInfo(pid)?.behaviour)).toEqual(['genServer', 'supervisor', undefined]);
  });

  test('the ports that it owns, apart from those that it is only linked to', () => {
    const { main } = the;
    const owned = { label: '#Port<1>', isOpen: true, owner: main.pid as Pid, onExit: () => undefined };
    const linked = { label: '#Port<2>', isOpen: true, onExit: () => undefined };
    linkPort(main.pid, owned);
    linkPort(main.pid, linked);
    expect(processInfo(main.pid)).toMatchObject({ sockets: [owned], links: [owned, linked] });
  });

  test('nothing of an actor that has ended', () => {
    exit(the.main.pid, 'kill');
    expect(processInfo(the.main.pid)).toBeUndefined();
  });
});
