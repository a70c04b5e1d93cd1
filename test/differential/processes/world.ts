/**
 * What the actors of one scenario share on mailport: the names of pids and references, the traces, and which actors have started and ended. Counterpart of
 * scenario_world.erl and scenario_harness.erl.
 */
import {
  type CrashReport,
  createSystem,
  type ExitReport,
  exit,
  isAlive,
  isPid,
  observer,
  type Pid,
  Ref,
  type System,
} from 'mailport';
import { patienceMs } from '../../support/patience.js';
import type { Pattern, Scenario, Step, Term, Traces } from './scenario.js';

const stillAlive = 'still_alive';

/** The values of names that each actor has for itself. */
export interface Own {
  readonly self: Pid;
  readonly state?: unknown;
}

/** @typeParam Actor what performs steps here */
export class World<Actor = never> {
  readonly scenario: Scenario;
  /** Performs a step. It is given from above, where all kinds of steps are known. */
  readonly performStep: (actor: Actor, step: Step) => unknown;
  /** Scenarios crash on purpose, so crashes are not printed. */
  readonly system: System = createSystem({ onCrash: (_: CrashReport) => undefined });
  readonly #values = new Map<string, unknown>();
  readonly #names = new Map<unknown, string>();
  readonly #counts = new Map<string, number>();
  readonly #actors = new Map<string, Pid>();
  readonly #ready = new Set<Pid>();
  readonly #holding = new Set<string>();
  /** Why pids have ended, of all systems while this one runs. */
  readonly #ends = new Map<Pid, unknown>();
  readonly #seen: { readonly actor: string; readonly entry: unknown }[] = [];
  readonly #doing = new Map<string, unknown>();
  readonly #waiting = new Set<() => void>();

  constructor(scenario: Scenario, performStep: (actor: Actor, step: Step) => unknown) {
    this.scenario = scenario;
    this.performStep = performStep;
  }

  /** Gives the traces, when main has ended, and all others have but servers and actors that hold. Actors that are left are killed. */
  async finish(): Promise<Traces> {
    const { promise: late, stop } = timeout(patienceMs);
    try {
      await Promise.race([this.until(() => this.#settled()), late.then(() => this.#giveUp())]);
      return this.#traces();
    } finally {
      stop();
      observer.off('exit', this.#ended);
      for (const pid of this.#actors.values()) exit(pid, 'kill');
    }
  }

  begin(start: () => void): void {
    observer.on('exit', this.#ended);
    start();
  }

  /** The first actor of a script is named after it, the next ones name/2, name/3. */
  nextName(base: string): string {
    const count = (this.#counts.get(base) ?? 0) + 1;
    this.#counts.set(base, count);
    return count === 1 ? base : `${base}/${count}`;
  }

  introduce(actor: string, pid: Pid, kind: 'script' | 'server' | 'supervisor'): void {
    this.named(`<${actor}>`, pid);
    this.#actors.set(actor, pid);
    if (kind === 'server') this.#holding.add(actor);
    this.#wake();
  }

  named(name: string, value: unknown): void {
    this.#values.set(name, value);
    this.#names.set(value, name);
  }

  hold(actor: string): void {
    this.#holding.add(actor);
    this.#wake();
  }

  doing(actor: string, step: unknown): void {
    this.#doing.set(actor, step);
  }

  record(actor: string, entry: unknown): void {
    this.#seen.push({ actor, entry });
  }

  ready(pid: Pid): void {
    this.#ready.add(pid);
    this.#wake();
  }

  isReady(pid: Pid): boolean {
    return this.#ready.has(pid);
  }

  endOf(pid: Pid): unknown {
    return this.#ends.get(pid);
  }

  hasEnded(pid: Pid): boolean {
    return this.#ends.has(pid);
  }

  hasStarted(actor: string): boolean {
    return this.#actors.has(actor);
  }

  /** Resolves when the condition holds. It is checked whenever an actor has started or ended. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }

  /** The term with values in place of its names. */
  resolve(term: Term, own: Own): unknown {
    if (typeof term === 'object') return ('list' in term ? term.list : term).map((part) => this.resolve(part, own));
    if (term === '$state') return own.state;
    if (term === '<self>') return own.self;
    if (typeof term !== 'string' || !/^[<#]/.test(term)) return term;
    if (!this.#values.has(term)) throw new Error(`the scenario names nobody ${term}`);
    return this.#values.get(term);
  }

  matches(pattern: Pattern, message: unknown, own: Own): boolean {
    if (pattern === '_') return true;
    if (!Array.isArray(pattern)) return message === this.resolve(pattern as Term, own);
    const parts: readonly Term[] = pattern;
    return (
      Array.isArray(message) &&
      message.length === parts.length &&
      parts.every((part, index) => this.matches(part, message[index], own))
    );
  }

  #settled(): boolean {
    const main = this.#actors.get('main');
    if (main === undefined || !this.#ends.has(main)) return false;
    return [...this.#actors].every(([actor, pid]) => this.#ends.has(pid) || (this.#holding.has(actor) && isAlive(pid)));
  }

  readonly #ended = ({ pid, reason }: ExitReport): void => {
    this.#ends.set(pid, reason);
    this.#wake();
  };

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  #giveUp(): never {
    const left = [...this.#actors].filter(([, pid]) => !this.#ends.has(pid));
    const what = left.map(([actor]) => `${actor} in ${JSON.stringify(this.#term(this.#doing.get(actor)))}`);
    throw new Error(`the scenario hangs on mailport: ${what.join(', ')}`);
  }

  #traces(): Traces {
    const traces: Record<string, Term[]> = {};
    for (const { actor, entry } of this.#seen) {
      traces[actor] ??= [];
      traces[actor].push(this.#term(entry));
    }
    for (const [actor, pid] of this.#actors) {
      traces[actor] ??= [];
      traces[actor].push(['end', this.#term(this.#ends.has(pid) ? this.#ends.get(pid) : stillAlive)]);
    }
    return traces;
  }

  /** What was observed, as a term: pids and references by their names, and an error by what Erlang would have for it. */
  #term(value: unknown): Term {
    const name = this.#names.get(value);
    if (name !== undefined) return name;
    if (Array.isArray(value)) return value.map((part) => this.#term(part));
    if (value === undefined) return 'undefined';
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return value as Term;
    if (value instanceof Error && 'code' in value) return String(value.code);
    return isPid(value) || value instanceof Ref ? 'unnamed' : String(value);
  }
}

function timeout(afterMs: number): { promise: Promise<void>; stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, afterMs);
  });
  return { promise, stop: () => clearTimeout(timer) };
}
