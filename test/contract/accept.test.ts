/** `accept`: who gets which connection, and how a wait ends (TA, CL-5). SCTP has it at one-to-one sockets. */
import { expect, test } from 'vitest';
import { exit, isAlive, mainActor, type Pid, type Self, spawn } from '../../runtime/index.js';
import { type AnySocket, type Listening, nextTurn, overTransports } from './transports.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

overTransports((transport) => {
  const self = mainActor();

  function accepting(name: string, body: (stage: Listening) => Promise<void>): void {
    test(name, async (context) => {
      if (transport.listen === undefined) return context.skip('it has no connections');
      await body(await transport.listen());
    });
  }

  async function closeAll(...sockets: readonly AnySocket[]): Promise<void> {
    for (const socket of sockets) await socket.close();
  }

  accepting('connections come in the order of their handshakes, and each answers its own client (TA-2)', async (stage) => {
    const clients = [await stage.connect(), await stage.connect(), await stage.connect()];
    for (const [index, client] of clients.entries()) await stage.sendBy(client, `${index}`);
    for (const [index, client] of clients.entries()) {
      const accepted = await stage.accept(self);
      expect(await transport.recv(accepted)).toBe(`data:${index}`);
      await closeAll(accepted, client);
    }
    await closeAll(stage.listener);
  });

  accepting('calls wait, and are served first come first served, one connection each (TA-2)', async (stage) => {
    const first = stage.accept(self);
    const second = stage.accept(self);
    const clients = [await stage.connect(), await stage.connect()];
    for (const [index, client] of clients.entries()) await stage.sendBy(client, `${index}`);
    const accepted = [await first, await second];
    for (const [index, socket] of accepted.entries()) expect(await transport.recv(socket)).toBe(`data:${index}`);
    await closeAll(...accepted, ...clients, stage.listener);
  });

  accepting('the caller owns the new socket, whoever owns the listener (TA-1, CP-1)', async (stage) => {
    const client = await stage.connect();
    const accepted = await new Promise<AnySocket>((resolve) => {
      spawn(async (actor: Self) => {
        const socket = await stage.accept(actor);
        expect(socket.owner).toBe(actor.pid);
        resolve(socket);
      });
    });
    while (accepted.isOpen) await nextTurn();
    expect(stage.listener.isOpen).toBe(true);
    await closeAll(client, stage.listener);
  });

  accepting('a timeout is that of its call alone, and 0 polls (TA-3)', async (stage) => {
    await expect(stage.accept(self, 0)).rejects.toThrow(reason('timeout'));
    const patient = stage.accept(self);
    await expect(stage.accept(self, 5)).rejects.toThrow(reason('timeout'));
    const controller = new AbortController();
    const aborted = stage.accept(self, Number.POSITIVE_INFINITY, { signal: controller.signal });
    const alone = stage.acceptUntil(self, controller.signal);
    const wrapped = stage.acceptUntil(self, controller);
    controller.abort();
    for (const wait of [aborted, alone, wrapped]) await expect(wait).rejects.toThrow(reason('aborted'));
    expect(() => stage.acceptUntil(self, null as never)).toThrow('options');
    expect(() => stage.acceptUntil(self, 'soon' as never)).toThrow('timeoutMs');
    const client = await stage.connect();
    await closeAll(await patient, client, stage.listener);
  });

  accepting('a caller that dies leaves the queue, and no connection is lost (TA-5)', async (stage) => {
    const dying: Pid = spawn(async (actor: Self) => stage.accept(actor));
    while (!isAlive(dying)) await nextTurn();
    await nextTurn();
    const waiting = stage.accept(self);
    exit(dying, 'kill');
    const client = await stage.connect();
    const accepted = await waiting;
    expect(accepted.owner).toBe(self.pid);
    await closeAll(accepted, client, stage.listener);
  });

  accepting('closing the listener, or the death of its owner, ends all waits with closed (TA-6, CL-5)', async (stage) => {
    const waits = [stage.accept(self), stage.accept(self)];
    await closeAll(stage.listener);
    for (const wait of waits) await expect(wait).rejects.toThrow(reason('closed'));
    await expect(stage.accept(self)).rejects.toThrow(reason('closed'));
    const [owner, owned] = await new Promise<readonly [Pid, Listening]>((resolve) => {
      const pid: Pid = spawn(async (actor: Self) => {
        resolve([pid, await transport.listen!(actor)]);
        await actor.receive();
      });
    });
    const wait = owned.accept(self);
    exit(owner, 'kill');
    await expect(wait).rejects.toThrow(reason('closed'));
  });

  accepting('handing the listener over does not disturb those who wait (TA-6, CP-20)', async (stage) => {
    const waiting = stage.accept(self);
    const heir: Pid = spawn(async (actor: Self) => actor.receive());
    stage.listener.controllingProcess(self, heir as Pid<never>);
    const client = await stage.connect();
    const accepted = await waiting;
    expect([accepted.owner, stage.listener.owner]).toEqual([self.pid, heir]);
    exit(heir, 'kill');
    expect([stage.listener.isOpen, accepted.isOpen]).toEqual([false, true]);
    await closeAll(accepted, client);
  });

  accepting(
    'closing the listener leaves accepted sockets open, and ends connections that nobody accepted (TL-20, CL-13)',
    async (stage) => {
      const clients = [await stage.connect(), await stage.connect()];
      const accepted = await stage.accept(self);
      await closeAll(stage.listener);
      await stage.sendBy(clients[0]!, 'x');
      expect(await transport.recv(accepted)).toBe('data:x');
      const isTaken = (): Promise<boolean> =>
        stage.sendBy(clients[1]!, 'x').then(
          () => true,
          () => false,
        );
      while (await isTaken()) await nextTurn();
      await closeAll(accepted, ...clients);
    },
  );

  accepting('a connection is no listener (TA-7)', async (stage) => {
    const client = await stage.connect();
    const accepted = await stage.accept(self);
    const call = (accepted as unknown as { accept(by: typeof self): Promise<unknown> }).accept(self);
    await expect(call).rejects.toThrow(reason('einval'));
    await closeAll(accepted, client, stage.listener);
  });
});
