/** Options of TCP and UDP are checked here, all of them, before the first is set: they become a plan (FC-13, TO-1). And so are the names of options to be read. */
import { BadArg } from '../../runtime/index.js';
import { didYouMean, unknownKey } from '../../runtime/ports.js';
import { insteadOf } from './foreignNames.js';
import { type InetCodec, type InetTable, isInteger, type RawOption, rawOptionsOf } from './inetOptions.js';
import { type KeptPlan, KeptPlanner, type Pair, pairsOf } from './optionPairs.js';

/** One option for the stack. */
export type InetSetting =
  | { readonly name: string; readonly codec: InetCodec; readonly value: unknown }
  | { readonly name: 'raw'; readonly raw: RawOption };

/** Options that have been checked. `active` and `stack` are in the order written; of any other option the value that counts is here. */
export interface InetPlan<Kept extends object> extends KeptPlan {
  readonly stack: readonly InetSetting[];
  readonly kept: Partial<Kept>;
}

/** An option of the system, as getsockopt reads it. */
export interface AskedRaw {
  readonly level: number;
  readonly option: number;
  readonly bytes: number;
}

/** An option to be read. All `raw` ones are read together, and give a list. */
export interface AskedInet {
  readonly name: string;
  readonly raws?: readonly AskedRaw[];
}

/** The argument of `getopts`: names, and `['raw', level, option, bytes]` for options of the system. */
export type InetOptionNames<Name> = readonly (Name | readonly [name: 'raw', level: number, option: number, bytes: number])[];

/** Options that only opening takes. */
const openingNames: ReadonlySet<string> = new Set(['port', 'ip', 'ifaddr', 'family', 'inet', 'inet6', 'local', 'fd', 'netns']);

/** So many bytes of a raw option are read at most. */
const maxRawBytes = 65536;

/**
 * Checks options for `setopts`. Of an option written twice the first counts, as they are applied from the last to the first (FC-12).
 *
 * @throws BadArg naming an option that is unknown, cannot be set any more or is ill-typed
 */
export function planInet<Kept extends object>(table: InetTable<Kept>, options: unknown, argument = 'options'): InetPlan<Kept> {
  return planPairs(table, pairsOf(options, argument), argument, 'first');
}

/** @param counts the one that counts of an option written twice. @throws BadArg */
export function planPairs<Kept extends object>(
  table: InetTable<Kept>,
  pairs: readonly Pair[],
  argument: string,
  counts: 'first' | 'last',
): InetPlan<Kept> {
  const planner = new KeptPlanner(counts);
  const stack: InetSetting[] = [];
  const kept: { -readonly [Name in keyof Kept]?: Kept[Name] } = {};
  for (const [name, value] of pairs) {
    const path = `${argument}.${name}`;
    if (planner.take([name, value], path)) continue;
    if (isKept(table, name)) {
      const verdict = table.kept[name](value);
      if (verdict !== true) throw new BadArg(path, verdict);
      if (counts === 'last' || kept[name] === undefined) kept[name] = value as Kept[typeof name];
    } else if (name === 'raw') for (const raw of rawOptionsOf(value, path)) stack.push({ name, raw });
    else stack.push(...settingsOf(table, name, value, argument));
  }
  // Options are applied from the last to the first, so the first of two is the one that stays.
  if (counts === 'last') stack.reverse();
  return { active: planner.active, mode: planner.mode, marks: planner.marks, stack, kept: kept as Partial<Kept> };
}

/** The names of what is to be read, in order. @throws BadArg naming what cannot be read (TO-3) */
export function checkInetNames(table: InetTable<object>, names: unknown): AskedInet[] {
  if (!Array.isArray(names)) throw new BadArg('names', 'must be a list of option names');
  const asked = new Map<string, AskedInet>();
  for (const [index, item] of names.entries() as Iterable<[number, unknown]>) {
    const argument = `names[${index}]`;
    if (Array.isArray(item) && item[0] === 'raw') {
      asked.set('raw', { name: 'raw', raws: [...(asked.get('raw')?.raws ?? []), askedRaw(item, argument)] });
      continue;
    }
    const name = checkName(table, item, argument);
    // What only the other transport has is left out of the answer.
    if (!table.ofOthers.has(name)) asked.set(name, { name });
  }
  return [...asked.values()];
}

function checkName(table: InetTable<object>, name: unknown, argument: string): string {
  if (typeof name === 'string') {
    const codec = table.stack.get(name);
    if (codec?.writeOnly === true) throw new BadArg(argument, 'can only be set');
    const isOwn = name === 'netns' || KeptPlanner.names.includes(name) || isKept(table, name);
    if (codec !== undefined || isOwn || table.ofOthers.has(name)) return name;
  }
  throw new BadArg(argument, `is no option that can be read${didYouMean(String(name), namesOf(table))}`);
}

function askedRaw(item: readonly unknown[], argument: string): AskedRaw {
  const [, level, option, bytes] = item;
  const isWhole = item.length === 4 && isInteger(level) && isInteger(option) && isInteger(bytes);
  if (isWhole && bytes >= 0 && bytes <= maxRawBytes) return { level, option, bytes };
  throw new BadArg(argument, `must be ['raw', level, option, bytes], integers, at most ${maxRawBytes} bytes`);
}

function settingsOf(table: InetTable<object>, name: string, value: unknown, argument: string): InetSetting[] {
  const path = `${argument}.${name}`;
  if (openingNames.has(name)) throw new BadArg(path, 'can only be given when the socket is opened');
  const codec = table.stack.get(name);
  if (codec === undefined) {
    const problem = `is no option of a ${table.transport} socket`;
    if (table.ofOthers.has(name)) throw new BadArg(path, problem);
    const instead = insteadOf(name);
    if (instead !== undefined) throw new BadArg(path, `${problem}: ${instead}`);
    throw unknownKey(argument, name, namesOf(table), problem);
  }
  const own = copyOf(value);
  return (codec.each?.(own) ?? [own]).map((each) => {
    // Encoded once for the check alone: a value of a wrong type is found before anything is done (FC-13).
    codec.encode(each, [], path);
    return { name, codec, value: each };
  });
}

/** A copy, so that a change of the caller's list between check and setting has no effect. */
function copyOf(value: unknown): unknown {
  return Array.isArray(value) ? value.map(copyOf) : value;
}

function isKept<Kept extends object>(table: InetTable<Kept>, name: string): name is keyof Kept & string {
  return Object.hasOwn(table.kept, name);
}

function namesOf(table: InetTable<object>): ReadonlySet<string> {
  return new Set([...KeptPlanner.names, 'raw', ...openingNames, ...Object.keys(table.kept), ...table.stack.keys()]);
}
