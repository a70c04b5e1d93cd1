/** mailport as a side: actors that make the calls that they are told to make, one after the other. Counterpart of script_side.erl. */
import { type CrashReport, createSystem, exit, isAlive, observer, type Pid, type Self, type System, spawn } from 'mailport';
import { type AnySocket, MailportActor, type MailportCalls, type MailportValues } from './mailportActor.js';
import { type Namer, shownFailure, shownValue } from './mailportValues.js';
import type { AnyCall } from './script.js';
import { type Begun, loopback, type Side } from './side.js';
import type { Value } from './value.js';

/** A call to be made by an actor. */
interface Job {
  readonly run: (actor: MailportActor) => unknown;
  readonly begun: () => void;
  readonly done: (outcome: Value) => void;
  /** An error that is neither a result nor a reason: the script, or the code that it tests, is broken. */
  readonly failed: (error: unknown) => void;
}

/** The jobs of an actor, and the wait for the next one. */
class Inbox {
  readonly #jobs: Job[] = [];
  #wake: (() => void) | undefined;

  push(job: Job): void {
    this.#jobs.push(job);
    this.#wake?.();
  }

  async next(): Promise<Job> {
    while (this.#jobs.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#jobs.shift()!;
  }
}

export class MailportSide implements Side, Namer, MailportValues {
  readonly system = 'mailport';
  readonly ids: string;
  readonly homes: readonly string[];
  readonly #calls: MailportCalls;
  readonly #openSockets: () => Iterable<AnySocket>;
  readonly #system: System = createSystem({ onCrash: (_: CrashReport) => undefined });
  readonly #inboxes = new Map<string, Inbox>();
  readonly #actors = new Map<string, Pid>();
  readonly #selves = new Map<string, Self<unknown>>();
  readonly #sockets = new Map<string, AnySocket>();
  readonly #named = new Map<string, unknown>();

  /**
   * @param calls what each call of a script does
   * @param openSockets the sockets that a script has left open
   */
  constructor(calls: MailportCalls, openSockets: () => Iterable<AnySocket>, ids = 'mailport', homes = loopback) {
    this.#calls = calls;
    this.#openSockets = openSockets;
    this.ids = ids;
    this.homes = homes;
  }

  async start(name: string): Promise<void> {
    const inbox = new Inbox();
    const pid = spawn((self: Self<unknown>) => this.#body(new MailportActor(this, name, self), inbox), { system: this.#system });
    this.#inboxes.set(name, inbox);
    this.#actors.set(name, pid);
    this.#named.set(name, pid);
  }

  async perform(actor: string, call: AnyCall): Promise<Value> {
    const value = await (await this.begin(actor, call)).outcome;
    // What was sent has left at the second check phase from here at the latest.
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return value;
  }

  begin(actor: string, call: AnyCall): Promise<Begun> {
    const [name, ...args] = call;
    const make = this.#calls[name] as (actor: MailportActor, ...args: unknown[]) => unknown;
    let over = false;
    return new Promise<Begun>((resolve) => {
      const outcome = new Promise<Value>((answer, failed) => {
        const done = (value: Value) => {
          over = true;
          answer(value);
        };
        const begun = () => resolve({ isOver: () => over, outcome });
        this.#inboxes.get(actor)!.push({ run: (of) => make(of, ...args), begun, done, failed });
      });
    });
  }

  port(socket: string): number | undefined {
    return this.#sockets.get(socket)?.port;
  }

  /** The next turn of the loop reads everything that loopback has brought, and the turns after that read the consequences. */
  async leftovers(): Promise<Map<string, Value>> {
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const left = new Map<string, Value>();
    for (const [name, self] of this.#selves) {
      const messages: Value[] = [];
      if (isAlive(this.#actors.get(name)!)) {
        for (let message = self.receiveNow(); message !== undefined; message = self.receiveNow())
          messages.push(shownValue(message, this));
      }
      left.set(name, messages);
    }
    return left;
  }

  async reset(): Promise<void> {
    for (const pid of this.#actors.values()) exit(pid, 'kill');
    for (const socket of this.#openSockets()) void socket.close();
    for (const map of [this.#inboxes, this.#actors, this.#selves, this.#sockets, this.#named]) map.clear();
  }

  opened(name: string, socket: AnySocket): void {
    this.#sockets.set(name, socket);
    this.#named.set(name, socket);
  }

  name(name: string, value: unknown): void {
    this.#named.set(name, value);
  }

  /** The value of a name in a script. A string that is no name stands for itself. */
  value<T>(name: unknown): T {
    return (typeof name === 'string' && this.#named.has(name) ? this.#named.get(name) : name) as T;
  }

  nameOf(value: unknown): string | undefined {
    for (const [name, known] of this.#named) if (known === value) return name;
    return undefined;
  }

  /** Resolves when the actor has ended, and its links and monitors have been told. */
  ended(name: string): Promise<void> {
    const pid = this.#actors.get(name)!;
    return new Promise((resolve) => {
      if (!isAlive(pid)) return resolve();
      const look = ({ pid: who }: { pid: Pid }): void => {
        if (who !== pid) return;
        observer.off('exit', look);
        resolve();
      };
      observer.on('exit', look);
    });
  }

  async #body(actor: MailportActor, inbox: Inbox): Promise<void> {
    this.#selves.set(actor.name, actor.self);
    const pid = actor.self.pid as Pid;
    for (;;) {
      const job = await inbox.next();
      if (!isAlive(pid)) return;
      try {
        const given = job.run(actor);
        job.begun();
        job.done(shownValue(await given, this));
      } catch (error) {
        job.begun();
        // The end of the actor is the result of its last job.
        if (!isAlive(pid)) await this.ended(actor.name);
        const shown = isAlive(pid) ? shownFailure(error, this) : 'ok';
        if (shown === undefined) job.failed(error);
        else job.done(shown);
      }
    }
  }
}
