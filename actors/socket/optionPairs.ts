/**
 * Options as users write them: an object, or Erlang's list of pairs. Here they become pairs of name and value in the order written; and here are the checks of the
 * options that sockets of every transport keep themselves: `active`, `mode`, the watermarks.
 */
import { BadArg } from '../../runtime/index.js';
import { type Active, isActive } from './activeMode.js';
import { type OptionReason, SocketError } from './errors.js';
import { defaultWatermarks, type Watermarks } from './mailboxRoom.js';

/** An option as it is written, by name. */
export type Pair = readonly [name: string, value: unknown];

/** A list or a Buffer: the form in which payload is given. */
export type Mode = 'binary' | 'list';

/** The options that every socket keeps itself, checked; of one that is written twice, the value that counts. */
export interface KeptPlan {
  /** In the order written. */
  readonly active: readonly Active[];
  readonly mode: Mode | undefined;
  readonly marks: Partial<Watermarks>;
}

const maxCount = 0x7fffffff;
const families: ReadonlySet<unknown> = new Set(['inet', 'inet6', 'local']);

/** Whether `value` is an integer from `least` to the largest that stacks take. */
export function isCount(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= maxCount;
}

/** The pairs of an object or of a list, in order. Keys of an object whose value is undefined are not there. @throws BadArg naming what is no pair */
export function pairsOf(options: unknown, argument: string): Pair[] {
  if (options === undefined) return [];
  if (Array.isArray(options)) return options.map((item: unknown, index) => pairOf(item, `${argument}[${index}]`));
  if (typeof options !== 'object' || options === null) throw new BadArg(argument, 'must be an object or a list of pairs');
  return Object.entries(options).filter(([, value]) => value !== undefined);
}

function pairOf(item: unknown, argument: string): Pair {
  if (item === 'list' || item === 'binary') return ['mode', item];
  if (typeof item === 'string' && families.has(item)) return [item, true];
  if (Array.isArray(item) && typeof item[0] === 'string') {
    if (item.length === 2) return [item[0], item[1]];
    // Erlang writes {raw, Level, Option, Value}.
    if (item[0] === 'raw') return ['raw', item.slice(1)];
  }
  throw new BadArg(argument, 'must be a pair of name and value');
}

/** Of `setopts`: the value of `active` if it is the only option in an object, as owners set it over and over. @throws BadArg if there are no options */
export function soleActive(options: unknown): Active | undefined {
  if (options === undefined) throw new BadArg('options', 'must be an object or a list of pairs');
  if (typeof options !== 'object' || options === null || !('active' in options)) return undefined;
  for (const name in options) if (name !== 'active') return undefined;
  return isActive(options.active) ? options.active : undefined;
}

/** Gathers the options that every socket keeps itself. `counts`: the one that counts of an option written twice. */
export class KeptPlanner implements KeptPlan {
  readonly active: Active[] = [];
  mode: Mode | undefined;
  readonly marks: { -readonly [Name in keyof Watermarks]?: number } = {};
  readonly #counts: 'first' | 'last';

  constructor(counts: 'first' | 'last') {
    this.#counts = counts;
  }

  /** Their names. */
  static readonly names: readonly string[] = ['active', 'mode', ...Object.keys(defaultWatermarks)];

  /** False if the option is none of these. @throws BadArg naming it if it is ill-typed */
  take([name, value]: Pair, argument: string): boolean {
    if (name === 'active') {
      if (!isActive(value)) throw new BadArg(argument, "must be a boolean, 'once' or an integer");
      this.active.push(value);
    } else if (name === 'mode') {
      if (value !== 'binary' && value !== 'list') throw new BadArg(argument, "must be 'binary' or 'list'");
      if (this.#counts === 'last' || this.mode === undefined) this.mode = value;
    } else if (Object.hasOwn(defaultWatermarks, name)) {
      if (!isCount(value, 1)) throw new BadArg(argument, 'must be an integer from 1');
      const mark = name as keyof Watermarks;
      if (this.#counts === 'last' || this.marks[mark] === undefined) this.marks[mark] = value;
    } else return false;
    return true;
  }
}

/** The marks in force after a plan: most sockets share the default ones. @throws SocketError 'einval' if a low mark is above its high one */
export function marksAfter(present: Watermarks, planned: Partial<Watermarks>, syscall: string): Watermarks {
  if (Object.keys(planned).length === 0) return present;
  const marks = { ...present, ...planned };
  const pairs = [
    ['lowMsgqWatermark', 'highMsgqWatermark'],
    ['lowMsgqWatermarkBytes', 'highMsgqWatermarkBytes'],
  ] as const;
  for (const [low, high] of pairs) {
    if (marks[low] > marks[high])
      throw new SocketError<OptionReason>('einval', syscall, {
        detail: `${low} is above ${high}: set both, the low one to what the high one is or less`,
      });
  }
  return marks;
}
