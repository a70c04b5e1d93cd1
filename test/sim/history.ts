/** What the actors of one run share: their names, and the history of their operations and results, in the order in which these happen. */
import { BadArg, isPid, makeRef, NoProc, type Pid, Ref } from 'mailport';
import type { Simulation } from 'mailport/testing';
import { freeRefs, type Op, type Program, type Term } from './randomProgram.js';

/** `did`: an operation and its result, before its consequences. `got`: the result of a receive or a call. */
export type Entry =
  | { readonly atMs: number; readonly who: number; readonly type: 'start' }
  | { readonly atMs: number; readonly who: number; readonly type: 'did'; readonly op: Op; result: Term }
  | { readonly atMs: number; readonly who: number; readonly type: 'got'; readonly result: Term }
  | { readonly atMs: number; readonly who: number; readonly type: 'end'; readonly reason: Term };

/** One run of a program. */
export class Run {
  readonly program: Program;
  readonly simulation: Simulation;
  readonly history: Entry[] = [];
  /** Faults that show without any model. */
  readonly problems: string[] = [];
  readonly pids = new Map<number, Pid<unknown>>();
  readonly reasons = new Map<number, Term>();
  readonly refs = new Map<string, Ref>();
  readonly #names = new Map<unknown, string>();

  constructor(simulation: Simulation, program: Program) {
    this.simulation = simulation;
    this.program = program;
    for (const ref of freeRefs) this.named(ref, makeRef());
  }

  note(who: number, entry: { readonly type: 'start' } | { readonly type: 'got'; readonly result: Term }): void {
    this.history.push({ atMs: this.simulation.clock.now(), who, ...entry });
  }

  ended(pid: Pid, reason: unknown): void {
    const who = this.numberOf(pid);
    if (who === undefined) return;
    const why = this.describe(reason);
    this.reasons.set(who, why);
    this.history.push({ atMs: this.simulation.clock.now(), who, type: 'end', reason: why });
  }

  /** Writes an operation down, performs it, and fills in its result. Its consequences are written down behind it. */
  did(who: number, op: Op, act: () => Term): void {
    const entry: Entry = { atMs: this.simulation.clock.now(), who, type: 'did', op, result: 'done' };
    this.history.push(entry);
    try {
      entry.result = act();
    } catch (error) {
      if (!(error instanceof BadArg)) {
        if (error instanceof NoProc) entry.result = 'noproc';
        throw error;
      }
      entry.result = 'badarg';
    }
  }

  introduce(who: number, pid: Pid<unknown>): void {
    this.pids.set(who, pid);
    this.#names.set(pid, `<${who}>`);
  }

  named(name: string, ref: Ref): void {
    this.refs.set(name, ref);
    this.#names.set(ref, name);
  }

  numberOf(pid: Pid): number | undefined {
    for (const [who, other] of this.pids) if (other === pid) return who;
    return undefined;
  }

  resolve(term: Term): unknown {
    if (Array.isArray(term)) return term.map((part: Term) => this.resolve(part));
    return this.refs.get(term as string) ?? term;
  }

  /** A value that was seen, as a term. */
  describe(value: unknown): Term {
    const name = this.#names.get(value);
    if (name !== undefined) return name;
    if (Array.isArray(value)) return value.map((part) => this.describe(part));
    if (typeof value === 'string' || typeof value === 'number') return value;
    if (value instanceof Error && 'code' in value) return String(value.code);
    if (isPid(value)) return 'somebody else';
    if (value instanceof Ref) return '#of a call';
    return typeof value === 'object' ? 'from' : String(value);
  }
}
