/** Runs the actors of a random program on the runtime, and writes down their operations and results. `referenceModel.ts` judges them. */
import {
  ActorExit,
  CallError,
  call,
  cancelTimer,
  exit,
  type From,
  isAlive,
  makeRef,
  type Name,
  name as nameFor,
  type Pid,
  type Ref,
  readTimer,
  register,
  reply,
  replyTo,
  type Self,
  type SpawnOptions,
  send,
  sendAfter,
  spawn,
  spawnHandler,
  spawnMonitor,
  startTimer,
  type TimerRef,
  tag,
  unregister,
  whereis,
} from 'mailport';
import type { Run } from './history.js';
import { forEver, type Guard, isWaiting, type Op, type Role, type Target, type Term, takesNext } from './randomProgram.js';

/** Starts the actors that no other actor spawns. */
export function startAll(run: Run): void {
  for (const [who, role] of run.program.entries()) {
    if (role.first) run.introduce(who, launch(run, who, role, { trapExit: role.trapExit }));
  }
}

function launch(run: Run, who: number, role: Role, options: SpawnOptions): Pid<unknown> {
  const placed = { system: run.simulation.system, ...options };
  if (role.style === 'body') return spawn<unknown>((self) => body(run, who, self), placed);
  return spawnHandler<unknown>(
    {
      init: (self) => {
        const player = new Player(run, who, self);
        void player.begin();
        return (message) => player.handle(message);
      },
    },
    placed,
  );
}

async function body(run: Run, who: number, self: Self<unknown>): Promise<void> {
  await new Player(run, who, self).begin();
}

/** One actor, working through its script. */
class Player {
  readonly #run: Run;
  readonly #who: number;
  readonly #self: Self<unknown>;
  readonly #role: Role;
  readonly #requests: { readonly from: From<Term>; readonly key: Term }[] = [];
  #position = 0;
  /** How many answers it has given: no two are alike. */
  #answers = 0;

  constructor(run: Run, who: number, self: Self<unknown>) {
    this.#run = run;
    this.#who = who;
    this.#self = self;
    this.#role = run.program[who] as Role;
  }

  begin(): void | Promise<void> {
    this.#run.note(this.#who, { type: 'start' });
    return this.#goOn();
  }

  /** The message that a handler was waiting for. */
  handle(message: unknown): void | Promise<void> {
    this.#got(message);
    return this.#goOn();
  }

  /** Goes on until the script is over, or has to wait. Gives a promise if it waits as a body does. */
  #goOn(): void | Promise<void> {
    for (;;) {
      const op = this.#role.script[this.#position];
      if (op === undefined || this.#isDead()) return undefined;
      this.#position += 1;
      if (isWaiting(op)) return this.#role.style === 'handler' && takesNext(op) ? this.#did(op) : this.#wait(op);
      this.#did(op);
      if (op.do === 'return') return undefined;
    }
  }

  async #wait(op: Extract<Op, { do: 'receive' | 'call' }>): Promise<void> {
    let result: unknown;
    this.#did(op);
    try {
      result =
        op.do === 'call' ? ['answered', await this.#call(op.to, op.ref, op.afterMs)] : await this.#receive(op.guard, op.afterMs);
    } catch (error) {
      if (error instanceof CallError) result = ['failed', error.reason];
      else if (error instanceof GuardError) result = 'threw';
      else throw error;
    }
    if (this.#isDead()) return;
    this.#got(result);
    await this.#goOn();
  }

  #receive(guard: Guard, after: number): Promise<unknown> {
    const self = this.#self;
    if (guard.by === 'any') return after === forEver ? self.receive() : self.receive({ after });
    if (guard.by === 'tag') return self.receive(tag(guard.tag), { after });
    if (guard.by === 'rest') return self.receive((message) => hasRest(message, guard.rest, guard.throwsAt), { after });
    return self.receive(reply(this.#run.refs.get(guard.ref) ?? makeRef()), { after });
  }

  #call(to: Target, key: string, afterMs: number): Promise<unknown> {
    const server = this.#target(to);
    return server === undefined ? Promise.resolve('nobody') : call(this.#self, server as Pid<never>, key as never, afterMs);
  }

  #got(message: unknown): void {
    this.#run.note(this.#who, { type: 'got', result: this.#run.describe(message) });
    if (Array.isArray(message) && message[0] === '$gen_call') {
      this.#requests.push({ from: message[1] as From<Term>, key: message[2] as Term });
    }
  }

  /** A body may be dead because of its own operation. Every use of its `self` says so. */
  #isDead(): boolean {
    if (isAlive(this.#self.pid)) return false;
    try {
      this.#self.unlink(this.#self.pid);
    } catch (error) {
      if (error instanceof ActorExit) return true;
    }
    this.#run.problems.push(`actor ${this.#who} is dead, and has the use of its self`);
    return true;
  }

  #did(op: Op): void {
    this.#run.did(this.#who, op, () => this.#act(op));
  }

  #act(op: Op): Term {
    const self = this.#self;
    const { system } = this.#run.simulation;
    switch (op.do) {
      case 'receive':
      case 'call':
        return 'done';
      case 'send':
        return this.#with(op.to, (to) => send(to, this.#run.resolve(op.message), system));
      case 'sendAfter':
      case 'startTimer': {
        const set = (op.do === 'sendAfter' ? sendAfter : startTimer) as typeof sendAfter<unknown>;
        const message = this.#run.resolve(op.message);
        return this.#with(op.to, (to) => this.#run.named(op.ref, set(to, message, op.afterMs, system)));
      }
      case 'cancelTimer':
      case 'readTimer':
        return this.#withRef(op.ref, (ref) => String((op.do === 'readTimer' ? readTimer : cancelTimer)(ref as TimerRef)));
      case 'reply':
        return this.#reply(op.again);
      case 'link':
      case 'unlink':
        return this.#with(op.to, (to) => self[op.do](to));
      case 'monitor':
        return this.#with(op.to, (to) => this.#run.named(op.ref, self.monitor(to)));
      case 'demonitor':
        return this.#withRef(op.ref, (ref) => {
          self.demonitor(ref, { flush: op.flush });
          return 'done';
        });
      case 'trapExit':
        self.trapExit = op.on;
        return 'done';
      default:
        return this.#actOnLives(op);
    }
  }

  /** Operations that begin, end and find actors. */
  #actOnLives(op: Op): Term {
    const self = this.#self;
    const { system } = this.#run.simulation;
    switch (op.do) {
      case 'exit':
        return self.exit(op.reason);
      case 'throw':
        throw op.reason;
      case 'return':
        return this.#role.style === 'handler' ? self.exit('normal') : 'done';
      case 'exitOther':
        return this.#with(op.to, (to) => exit(to, op.reason, op.named ? self : undefined));
      case 'spawn':
        return this.#spawn(op.child, op.how, op.ref);
      case 'register':
        return this.#with(op.to, (to) => register(op.name, to as Pid));
      case 'unregister':
        unregister(op.name, system);
        return 'done';
      case 'whereis':
        return this.#run.describe(whereis(op.name, system));
      default:
        throw new Error(`nobody knows how to ${op.do}`);
    }
  }

  #spawn(child: number, how: 'alone' | 'link' | 'monitor', ref: string): Term {
    const run = this.#run;
    const role = run.program[child] as Role;
    if (run.pids.has(child)) return 'nobody';
    const { trapExit, name } = role;
    const options = { trapExit, ...(name === undefined ? {} : { name }), ...(how === 'link' ? { link: this.#self } : {}) };
    if (how !== 'monitor') {
      run.introduce(child, launch(run, child, role, options));
    } else if (role.style === 'body') {
      const [pid, monitor] = spawnMonitor<unknown>(this.#self, (self) => body(run, child, self), options);
      run.introduce(child, pid);
      run.named(ref, monitor);
    } else {
      run.introduce(child, launch(run, child, role, options));
      run.named(ref, this.#self.monitor(run.pids.get(child) as Pid));
    }
    return 'done';
  }

  #reply(again: boolean): Term {
    const request = again ? this.#requests[0] : this.#requests.shift();
    if (request === undefined) return 'nobody';
    this.#answers += 1;
    replyTo(request.from, ['answer', this.#answers, request.key]);
    return 'done';
  }

  /** A pid, or a name as it is; undefined for an actor that has not been spawned. */
  #target(to: Target): Pid<unknown> | Name<unknown> | undefined {
    return typeof to === 'number' ? this.#run.pids.get(to) : nameFor<unknown>(to);
  }

  #with(to: Target, act: (to: Pid<unknown> & Name<unknown>) => void): Term {
    const target = this.#target(to);
    if (target === undefined) return 'nobody';
    act(target as Pid<unknown> & Name<unknown>);
    return 'done';
  }

  #withRef(name: string, act: (ref: Ref) => Term): Term {
    const ref = this.#run.refs.get(name);
    return ref === undefined ? 'nobody' : act(ref);
  }
}

class GuardError extends Error {}

function hasRest(message: unknown, rest: number, throwsAt: number): boolean {
  const last: unknown = Array.isArray(message) ? message.at(-1) : message;
  if (typeof last !== 'number') return false;
  if (last % 3 === throwsAt) throw new GuardError();
  return last % 3 === rest;
}
