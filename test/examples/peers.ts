/** Shared by the tests of protocols over SCTP: the stacks of this machine, a system of actors of their own, and a peer that sends whatever bytes it is told to send. */
import {
  type AnySelf,
  type CrashReport,
  createSystem,
  exit,
  mainActor,
  type Pid,
  reply,
  type Self,
  type SupervisorMessage,
  type System,
  supervisor,
} from 'mailport';
import { type SctpAssocChange, type SctpOpenOptions, type SctpSocket, sctp } from 'mailport/sctp';
import { beforeEach, describe } from 'vitest';
import { kernelProblem } from '../../actors/sctp/stacks.js';
import { failOnLeftovers } from '../support/setup.js';

const systems: System[] = [];

/** However the test ended, its actors end here, and nothing of them may be left. */
failOnLeftovers(async () => {
  await Promise.all(systems.splice(0).map((system) => system.stop()));
  return sctp.openSockets().map((socket) => `socket ${socket.port}`);
});

/**
 * Defines the same tests over each stack, with the options that `open` needs for it. The tests of a stack that is not there are skipped, with the reason shown.
 * Where time is dear, MAILPORT_TEST_STACK names the only stack that matters.
 */
export function overStacks(define: (options: SctpOpenOptions) => void): void {
  const only = process.env.MAILPORT_TEST_STACK;
  for (const stack of ['embedded', 'kernel'] as const) {
    if (only !== undefined && only !== stack) continue;
    describe(stack, () => {
      beforeEach((context) => {
        const problem = stack === 'kernel' ? kernelProblem() : undefined;
        if (problem !== undefined) context.skip(`this kernel has no SCTP: ${problem}`);
      });
      define({ stack, ip: '127.0.0.1' });
    });
  }
}

export interface Actors<Message> {
  readonly system: System;
  readonly main: Self<Message>;
  readonly crashes: CrashReport[];
}

/** A system that ends with the test, and its crash reports. */
export function actors<Message>(): Actors<Message> {
  const crashes: CrashReport[] = [];
  const system = createSystem({ onCrash: (report) => crashes.push(report) });
  systems.push(system);
  return { system, main: mainActor<Message>(system), crashes };
}

/** A peer that is nothing but an association. */
export class RawPeer {
  readonly socket: SctpSocket;
  readonly change: SctpAssocChange;
  readonly #ppid: number;

  static async connect(self: AnySelf, options: SctpOpenOptions, port: number, ppid: number): Promise<RawPeer> {
    const socket = await sctp.open(self, options);
    return new RawPeer(socket, await socket.connect('127.0.0.1', port), ppid);
  }

  /** The next peer that comes to a listening socket. */
  static async accept(self: AnySelf, listening: SctpSocket, ppid: number): Promise<RawPeer> {
    for (;;) {
      const [, , , content] = await listening.recv();
      if (!('type' in content) || content.type !== 'sctp_assoc_change' || content.state !== 'comm_up') continue;
      return new RawPeer(listening.peeloff(self, content), content, ppid);
    }
  }

  private constructor(socket: SctpSocket, change: SctpAssocChange, ppid: number) {
    this.socket = socket;
    this.change = change;
    this.#ppid = ppid;
  }

  async say(bytes: Uint8Array, stream = 0): Promise<void> {
    await this.socket.send({ assocId: this.change.assocId, stream, ppid: this.#ppid }, bytes);
  }

  /** The next message, which must be of the right protocol. If none comes, the state in which the association has ended. */
  async next(): Promise<Buffer | string> {
    for (;;) {
      const [, , [info], content] = await this.socket.recv();
      if (Buffer.isBuffer(content)) {
        if (info?.ppid !== this.#ppid) throw new Error(`payload protocol ${info?.ppid}`);
        return content;
      }
      if ('type' in content && content.type === 'sctp_assoc_change' && content.state !== 'comm_up') return content.state;
    }
  }
}

/** Ends an actor and waits for it. */
export async function end(self: AnySelf, pid: Pid, reason: unknown = 'shutdown'): Promise<unknown> {
  const ref = self.monitor(pid);
  exit(pid, reason);
  return (await (self as Self<never>).receive(reply(ref)))[4];
}

/** The actors below a supervisor, by the ids of their children. */
export async function child(self: AnySelf, top: Pid<SupervisorMessage>, id: string): Promise<Pid> {
  const found = (await supervisor.whichChildren(self, top)).find((each) => each.id === id)?.pid;
  if (found === undefined || found === 'restarting') throw new Error(`no child ${id}`);
  return found;
}
