/** How behaviours are started. A start settles when the first act of the new actor is over, so a caller that awaits each start starts several in order. */
import {
  Countdown,
  causeOf,
  charge,
  checkTimeout,
  end,
  forgetExit,
  isDead,
  kill,
  onEnd,
  reasonOf,
  setBehaviour,
  textOf,
} from '../../runtime/behaviour.js';
import { type AnySelf, isSelf, type Pid, type SpawnOptions, spawnHandler, whereis } from '../../runtime/index.js';
import { type Begin, Loop } from './loop.js';

/** Options for the start of a behaviour. */
export interface StartOptions extends SpawnOptions {
  /** How long the first act may take, in milliseconds. Then the actor is killed, and the start fails with 'timeout'. No limit unless given. */
  readonly timeoutMs?: number;
}

/** The names of the options that every behaviour has. */
export const startKeys: readonly string[] = [
  'label',
  'link',
  'trapExit',
  'system',
  'name',
  'mailbox',
  'timeoutMs',
] satisfies (keyof StartOptions)[];

function remedyOf(reason: unknown): string {
  if (reason === 'timeout') return ' (its first act did not settle in `timeoutMs`)';
  if (!Array.isArray(reason) || reason[0] !== 'bad_return_value') return '';
  return " (`init` gives ['ok', state], or another of the shapes that docs/behaviours.md lists)";
}

/** A behaviour could not be started. The `reason` is the one that its first act gave or the error that it threw, or `['already_started', pid]`, or 'timeout'. */
export class StartError extends Error {
  // Private, since Node prints the public fields of an uncaught error, and everything that hangs from a pid with them.
  readonly #reason: unknown;

  constructor(kind: string, reason: unknown) {
    super(`${kind} could not be started: ${textOf(reason)}${remedyOf(reason)}`, causeOf(reason));
    this.name = 'StartError';
    this.#reason = reason;
  }

  get reason(): unknown {
    return this.#reason;
  }
}

/** Thrown by a first act that does not want its behaviour to go on. */
export class NotStarted {
  /** Why the start fails. Undefined if there is nothing to start, which is no failure. */
  readonly failure: { readonly reason: unknown } | undefined;
  /** The reason with which the actor ends. */
  readonly exitReason: unknown;

  constructor(failure: { readonly reason: unknown } | undefined, exitReason: unknown) {
    this.failure = failure;
    this.exitReason = exitReason;
  }
}

/** Starts an actor of that kind. `begin` is its first act, and may throw `NotStarted`. Resolves to undefined if there is nothing to start. */
export function startBehaviour(kind: string, begin: Begin, options: StartOptions): Promise<Pid<never> | undefined> {
  const { timeoutMs = Number.POSITIVE_INFINITY, ...spawnOptions } = options;
  checkTimeout('options.timeoutMs', timeoutMs);
  const holder = holderOf(options);
  const start = new Start(kind, options.link);
  if (holder !== undefined) {
    start.fail(['already_started', holder]);
    return start.settled;
  }
  let loop: Loop;
  const pid = spawnHandler<unknown>(
    {
      init: (self) => {
        loop = new Loop(self);
        return (message) => loop.handle(message);
      },
      firstAct: () => start.run(loop, begin),
    },
    spawnOptions,
  );
  setBehaviour(pid, kind);
  start.watch(pid, timeoutMs);
  return start.settled;
}

/** One start under way. */
class Start {
  readonly settled: Promise<Pid<never> | undefined>;
  private readonly kind: string;
  private readonly starter: AnySelf | undefined;
  private succeed: (pid: Pid<never> | undefined) => void = () => undefined;
  private failWith: (error: StartError) => void = () => undefined;
  private isOver = false;
  private stopWatching: () => void = () => undefined;
  private countdown: Countdown | undefined;

  constructor(kind: string, starter: AnySelf | undefined) {
    this.kind = kind;
    this.starter = starter;
    this.settled = new Promise((resolve, reject) => {
      this.succeed = resolve;
      this.failWith = reject;
    });
  }

  watch(pid: Pid, timeoutMs: number): void {
    const { starter } = this;
    this.stopWatching = onEnd(pid, (reason) => {
      this.fail(reason);
      // The start itself tells the starter, so one that traps exits gets no 'EXIT' message as well (OTP 26, proc_lib:start_link).
      if (starter !== undefined) forgetExit(starter, pid);
    });
    if (timeoutMs === Number.POSITIVE_INFINITY) return;
    this.countdown = new Countdown(pid, () => {
      this.fail('timeout');
      kill(pid, starter);
    });
    this.countdown.start(timeoutMs);
  }

  async run(loop: Loop, begin: Begin): Promise<void> {
    const { self } = loop;
    try {
      await loop.begin(begin);
      if (isDead(self)) return;
      // From now on the end of the actor no longer concerns the start.
      this.stopWatching();
      this.over(() => this.succeed(self.pid));
      await loop.started();
    } catch (error) {
      if (error instanceof NotStarted) {
        if (error.failure === undefined) this.over(() => this.succeed(undefined));
        else this.fail(error.failure.reason);
        end(self, error.exitReason);
      } else {
        const reason = reasonOf(self, error);
        this.fail(reason);
        end(self, reason);
      }
    }
  }

  fail(reason: unknown): void {
    const { kind, starter } = this;
    const error = new StartError(kind, reason);
    this.over(() => this.failWith(starter === undefined ? error : charge(error, starter)));
  }

  private over(settle: () => void): void {
    if (this.isOver) return;
    this.isOver = true;
    this.countdown?.end();
    settle();
  }
}

function holderOf({ name, link, system }: StartOptions): Pid | undefined {
  if (typeof name !== 'string' || (link !== undefined && !isSelf(link))) return undefined;
  try {
    return whereis(name, system ?? link?.system);
  } catch {
    // `spawnHandler` will say what is wrong with these options.
    return undefined;
  }
}
