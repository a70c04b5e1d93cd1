/** One end of a connection under a random program: actors that own its socket, one after the other, do what the script says, and check what they get. */
import { BadArg, exit, type Pid, type Self, type System, send, spawn } from 'mailport';
import type { Active } from '../../../actors/socket/index.js';
import type { TcpSocket } from '../../../actors/tcp/index.js';
import { type Mark, onTheWire, StreamModel } from './streamModel.js';
import type { Packet, Step, StreamProgram } from './streamProgram.js';

export interface EndSetup {
  readonly system: System;
  readonly socket: TcpSocket;
  readonly program: StreamProgram;
  readonly script: readonly Step[];
  /** Resets the connection, as something on the way. */
  readonly reset: () => void;
}

const isMark = (message: unknown): message is readonly ['tcp', TcpSocket, { readonly mark: Mark }] =>
  Array.isArray(message) && typeof message[2] === 'object' && message[2] !== null && 'mark' in message[2];

const over = 'over';

const textOf = (data: unknown): string => Buffer.from(data as Buffer | number[]).toString('latin1');

export class StreamEnd {
  readonly model: StreamModel;
  peer!: StreamEnd;
  /** Resolves when the script is over and, in a graceful program, the peer's end has come. Rejects with the first failure. */
  readonly over: Promise<void>;
  /** What has been done and seen, for the report of a failure. */
  readonly log: string[] = [];
  readonly #setup: EndSetup;
  /** Resolves when it has sent all, and reads raw bytes: from then on the peer may end. */
  readonly ready: Promise<void>;
  readonly #sends: Promise<string>[] = [];
  /** The mode by which sends are framed. That of the model is the one of the last mark that was taken. */
  #framing: Packet = 0;
  #position = 0;
  #isEnded = false;
  #waitingSends = 0;
  #finish!: () => void;
  #fail!: (error: unknown) => void;
  #isReady!: () => void;

  constructor(setup: EndSetup) {
    this.#setup = setup;
    this.model = new StreamModel(setup.program.options.buffer);
    this.over = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    this.ready = new Promise((resolve) => {
      this.#isReady = resolve;
    });
  }

  /** The first actor takes the socket from its present owner. */
  begin(owner: Self<unknown>): void {
    this.#setup.socket.controllingProcess(owner, this.#spawn() as Pid<never>);
  }

  #spawn(): Pid<unknown> {
    return spawn<unknown>((self) => this.#play(self), { system: this.#setup.system });
  }

  async #play(self: Self<unknown>): Promise<void> {
    const { socket, program, script } = this.#setup;
    try {
      while (this.#position < script.length && !this.#isEnded) {
        const step = script[this.#position]!;
        this.#position += 1;
        this.log.push(JSON.stringify(step));
        if ((await this.#do(self, step)) === 'gone') return;
      }
      if (!this.#isEnded) await this.#readToEnd(self);
      await socket.close(self);
    } catch (error) {
      // A socket whose peer has gone says so to any call.
      const saysEnd = !program.isGraceful && (error as Error).name === 'SocketError';
      if (!saysEnd) this.#fail(error);
      void socket.close();
    }
    this.#finish();
  }

  async #do(self: Self<unknown>, step: Step): Promise<'gone' | undefined> {
    const { socket, reset } = this.#setup;
    switch (step.do) {
      case 'send':
        return this.#send(step.data);
      case 'receive':
        for (let left = step.most; left > 0 && !this.#isEnded; left -= 1) {
          const message = await self.receive({ after: step.afterMs });
          if (message === undefined) return undefined;
          this.#take(message);
        }
        return undefined;
      case 'recv':
        return this.#recv(self, step.length, step.afterMs);
      case 'active':
        return this.#marked(self, [{ active: step.value }], () => socket.setopts({ active: step.value }));
      case 'packet':
        return this.#setPacket(self, step.packet, step.active);
      case 'mode':
        socket.setopts({ mode: step.mode });
        return undefined;
      case 'unrecv':
        return this.#marked(self, [{ unrecv: step.data }], () => socket.unrecv(Buffer.from(step.data, 'latin1')));
      case 'handoff': {
        const next = this.#spawn();
        if (step.active === undefined) socket.controllingProcess(self, next as Pid<never>);
        else
          this.#marked(self, [{ active: step.active, byHandoff: true }], () =>
            socket.controllingProcess(self, next as Pid<never>, { active: step.active! }),
          );
        return 'gone';
      }
      case 'pause':
        await self.receive((message): message is never => message === undefined, { after: step.ms });
        return undefined;
      case 'reset':
        reset();
        return undefined;
      case 'close':
        await socket.close(self);
        this.#finish();
        return 'gone';
      case 'die':
        this.#finish();
        exit(self.pid, 'kill');
        return 'gone';
    }
  }

  #send(data: string): undefined {
    const bytes = onTheWire(this.#framing, data);
    this.#waitingSends += 1;
    const sending = this.#setup.socket
      .send(Buffer.from(data, 'latin1'))
      .then(
        () => 'sent',
        (error: { reason: string }) => error.reason,
      )
      .finally(() => {
        this.#waitingSends -= 1;
      });
    this.#sends.push(sending);
    if (bytes !== undefined) this.peer.model.pending += bytes;
    else void sending.then((outcome) => this.#expect(outcome, ['emsgsize', 'closed']));
    return undefined;
  }

  /** A send that waits is framed when it is taken, so the mode changes only when none waits. */
  #setPacket(self: Self<unknown>, packet: Packet, active: Active | undefined): undefined {
    if (this.#waitingSends > 0) return undefined;
    this.#framing = packet;
    const marks: Mark[] = active === undefined ? [{ packet }] : [{ packet }, { active }];
    return this.#marked(self, marks, () => this.#setup.socket.setopts(active === undefined ? { packet } : { packet, active }));
  }

  async #recv(self: Self<unknown>, length: number, timeoutMs: number): Promise<undefined> {
    for (let message = await self.receive({ after: 0 }); message !== undefined; message = await self.receive({ after: 0 })) {
      this.#take(message);
    }
    if (!this.model.isPassive || this.#isEnded) return undefined;
    const wanted = this.model.packet === 0 ? length : 0;
    try {
      const text = textOf(await this.#setup.socket.recv(wanted, timeoutMs));
      this.log.push(`recv ${JSON.stringify(text)}`);
      this.model.recv(text, wanted);
    } catch (error) {
      const { reason } = error as { reason?: string };
      if (reason === undefined || error instanceof BadArg) throw error;
      this.log.push(`recv ${reason}`);
      if (reason !== 'timeout') throw error;
    }
    return undefined;
  }

  #take(message: unknown): void {
    if (message === over) {
      this.#isEnded = true;
      return;
    }
    if (isMark(message)) {
      this.model.mark(message[2].mark);
      return;
    }
    const [tag, , data] = message as readonly [string, TcpSocket, unknown];
    this.log.push(tag === 'tcp' ? JSON.stringify(textOf(data)) : tag);
    if (tag === 'tcp') this.model.message(textOf(data));
    else if (tag === 'tcp_passive') this.model.passive();
    else if (this.#isEnded) throw new Error(`${tag} behind tcp_closed`);
    else this.#isEnded = tag === 'tcp_closed';
  }

  /** Reads until the peer's end. When all has been sent, and the peer can tell no part of a packet from its end, the peer is told. */
  async #readToEnd(self: Self<unknown>): Promise<void> {
    const { socket, program } = this.#setup;
    this.#marked(self, [{ active: true }], () => socket.setopts({ active: true }));
    void this.#end(self).catch((error: unknown) => {
      if (program.isGraceful) this.#fail(error);
    });
    while (!this.#isEnded) this.#take(await self.receive());
    if (!program.isGraceful) return;
    for (const outcome of await Promise.all(this.#sends)) this.#expect(outcome, ['sent', 'emsgsize']);
    const { pending } = this.model;
    if (pending !== '') throw new Error(`${pending.length} bytes are missing: ${JSON.stringify(pending.slice(0, 80))}`);
  }

  async #end(self: Self<unknown>): Promise<void> {
    const { socket, program } = this.#setup;
    await Promise.all(this.#sends);
    this.#setPacket(self, 0, undefined);
    this.#isReady();
    if (!program.isGraceful) {
      await socket.close();
      // Nobody is told of the end that one makes oneself.
      send(self.pid, over);
      return;
    }
    await this.peer.ready;
    socket.shutdown('write');
  }

  #marked(self: Self<unknown>, marks: readonly Mark[], act: () => void): undefined {
    // They move with the socket, and so stay in their place among its messages.
    for (const mark of marks) send(self.pid, ['tcp', this.#setup.socket, { mark }]);
    try {
      act();
    } catch (error) {
      for (const mark of marks) mark.failed = true;
      throw error;
    }
    return undefined;
  }

  #expect(outcome: string, allowed: readonly string[]): void {
    if (!allowed.includes(outcome)) this.#fail(new Error(`a send ended with ${outcome}, not ${allowed.join(' or ')}`));
  }
}
