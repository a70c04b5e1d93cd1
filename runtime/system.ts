/** A set of actors with a scheduler, a clock, names and a source of randomness of their own. Most programs need only the default one. */
import { inspect } from 'node:util';
import { type Clock, realClock } from './clock.js';
import { BadArg } from './errors.js';
import { checkKeys } from './keys.js';
import type { Pid } from './pid.js';
import type { Process } from './process.js';
import { Randomness } from './randomness.js';
import { checkReportOptions, checkReports, type ReportOptions, Reports, reportKeys } from './reportOptions.js';
import { Scheduler } from './scheduler.js';
import { type StopOptions, stopSystem } from './stop.js';
import { systemHere } from './thread.js';
import { TimerWheel } from './timerWheel.js';

export interface SystemOptions extends ReportOptions {
  /** Where time comes from. The machine's clock unless given. */
  readonly clock?: Clock;
  /** An integer: the same seed, the same `random()` numbers. Taken at random unless given. */
  readonly seed?: number;
}

let systems = 0;

export class System {
  /** @internal */
  readonly thread: symbol = systemHere;
  /** The first number of its pids. */
  readonly id: number;
  readonly clock: Clock;
  readonly seed: number;
  /** @internal */
  readonly scheduler: Scheduler;
  /** @internal */
  readonly wheel: TimerWheel;
  /** @internal Names of actors. */
  readonly names = new Map<string, Process>();
  /** @internal What becomes of reports. */
  readonly reports = new Reports();
  /** @internal The head of a list of all that live. */
  newest: Process | null = null;
  /** @internal What `mainActor` gives, once it has been asked for. */
  outsider: Process | null = null;
  private readonly randomness: Randomness;
  private lastId = 0;
  private alive = 0;
  private stopping: Promise<void> | null = null;

  constructor(options: SystemOptions, scheduler = new Scheduler()) {
    this.id = systems;
    systems += 1;
    this.clock = options.clock ?? realClock;
    this.seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
    this.randomness = new Randomness(this.seed);
    this.reports.set(options);
    this.scheduler = scheduler;
    this.wheel = new TimerWheel(this.clock);
  }

  /** Actors that are alive. */
  get actorCount(): number {
    return this.alive;
  }

  /** Whether `stop` has been called. */
  get isStopped(): boolean {
    return this.stopping !== null;
  }

  /**
   * Says what becomes of the reports of this system from now on. Options that are not given stay as they are. `defaultSystem` has it, too, before and after
   * its first use.
   *
   * @example defaultSystem.configure({ logger, redact: (report) => ({ ...report, lastMessage: undefined }) })
   */
  configure(options: ReportOptions): void {
    checkReports(options);
    this.reports.set(options);
  }

  /** A number from 0 up to 1, the next of a sequence that the seed decides. */
  random(): number {
    return this.randomness.next();
  }

  /**
   * Ends all actors, the newest first, so that whoever came earlier can still be used by those that came later: each is sent the exit signal
   * 'shutdown', as a supervisor does it, and killed if it is still there after `timeoutMs`. Actors that were started linked to another are left to
   * that one, so a supervisor ends its tree in its own order. When it settles nobody lives, no timer is set and nothing of this system keeps
   * Node alive. Nothing can be spawned meanwhile or afterwards. A second call gives the promise of the first.
   */
  stop(options: StopOptions = {}): Promise<void> {
    this.stopping ??= stopSystem(this, options);
    return this.stopping;
  }

  toString(): string {
    return `#System<${this.id}>`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }

  /** @internal Notes a new actor, and gives it its number. */
  add(process: Process): number {
    const { newest } = this;
    process.older = newest;
    if (newest !== null) newest.newer = process;
    this.newest = process;
    this.alive += 1;
    this.lastId += 1;
    return this.lastId;
  }

  /** @internal One of its actors has ended. */
  remove(process: Process): void {
    const { older, newer } = process;
    if (newer === null) this.newest = older;
    else newer.older = older;
    if (older !== null) older.newer = newer;
    process.older = null;
    process.newer = null;
    this.alive -= 1;
  }
}

const keys = new Set<string>(['clock', 'seed', ...reportKeys] satisfies (keyof SystemOptions)[]);

/** Makes a system: spawn into it with the option `system`. */
export function createSystem(options: SystemOptions = {}): System {
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
  checkKeys('options', options, keys);
  const { clock, seed } = options;
  if (clock !== undefined && !isClock(clock)) throw new BadArg('options.clock', 'must be a clock');
  if (seed !== undefined && !Number.isInteger(seed)) throw new BadArg('options.seed', 'must be an integer');
  checkReportOptions(options);
  return new System(options);
}

function isClock(value: Clock): boolean {
  return [value?.now, value?.setTimer, value?.clearTimer].every((member) => typeof member === 'function');
}

/** Where actors live if nothing else is said. */
export const defaultSystem = createSystem();

/** All actors of a system that live, the oldest first. */
export function processes(system: System = defaultSystem): Pid[] {
  const pids: Pid[] = [];
  for (let process = checkSystem('system', system).newest; process !== null; process = process.older) {
    pids.push(process.pid as unknown as Pid);
  }
  return pids.reverse();
}

export function checkSystem(argument: string, value: unknown): System {
  if (value instanceof System) return value;
  throw new BadArg(argument, 'must be what createSystem returned');
}
