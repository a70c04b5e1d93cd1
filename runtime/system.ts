/** A set of actors with their own scheduler, clock, names and random numbers. Most programs need only the default system. */
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

/** Options of `createSystem`. */
export interface SystemOptions extends ReportOptions {
  /** Where the system gets the time. The machine's clock unless given. */
  readonly clock?: Clock;
  /** An integer that decides the numbers of `random()`: the same seed gives the same numbers. A random one unless given. */
  readonly seed?: number;
}

let systems = 0;

/** A set of actors: see `createSystem`, and `defaultSystem`, which is there from the start. */
export class System {
  /** @internal */
  readonly thread: symbol = systemHere;
  /** The first number in the pids of this system. */
  readonly id: number;
  readonly clock: Clock;
  readonly seed: number;
  /** @internal */
  readonly scheduler: Scheduler;
  /** @internal */
  readonly wheel: TimerWheel;
  /** @internal Names of actors. */
  readonly names = new Map<string, Process>();
  /** @internal What is done with reports. */
  readonly reports = new Reports();
  /** @internal The head of a list of all actors that live. */
  newest: Process | null = null;
  /** @internal The main actor, once `mainActor` has been called. */
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

  /** How many actors are alive. */
  get actorCount(): number {
    return this.alive;
  }

  /** Whether `stop` has been called. */
  get isStopped(): boolean {
    return this.stopping !== null;
  }

  /**
   * Changes what this system does with its reports, from now on. Options that are not given stay as they are. It works on `defaultSystem` too, at any time.
   *
   * @example defaultSystem.configure({ logger, redact: (report) => ({ ...report, lastMessage: undefined }) })
   */
  configure(options: ReportOptions): void {
    checkReports(options);
    this.reports.set(options);
  }

  /** The next number of a sequence that the seed decides, from 0 up to but not including 1. */
  random(): number {
    return this.randomness.next();
  }

  /**
   * Ends all actors, the newest first, so that each can use the older ones while it tidies up. Each gets the exit signal 'shutdown', as from a supervisor, and
   * is killed if it still lives after `timeoutMs`. An actor that was started linked to another is left to that one, so a supervisor ends its tree in its own
   * order. When the promise settles, no actor lives, no timer is set, and nothing of this system keeps Node alive. Nothing can be spawned meanwhile or later.
   * A second call returns the promise of the first.
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

/** Makes a system. `spawn` and the starts of behaviours take it as the option `system`. */
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

/** The system in which actors live unless another is given. */
export const defaultSystem = createSystem();

/** All living actors of a system, the oldest first. */
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
