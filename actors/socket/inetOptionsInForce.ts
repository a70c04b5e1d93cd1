/** The options of one socket of TCP or UDP as they are in force: those that it keeps itself, and the way to those that the stack keeps. */
import { inetOption } from '../../native/contract/inet.js';
import type { InetHandle } from './inetHandle.js';
import type { InetTable } from './inetOptions.js';
import type { AskedInet, InetPlan, InetSetting } from './inetPlan.js';
import { applyInet, applyToNew, readInet, readRaw } from './inetSettings.js';
import type { Watermarks } from './mailboxRoom.js';
import { type Mode, marksAfter } from './optionPairs.js';
import type { InForce } from './socketOptions.js';

/** What a socket keeps itself; an accepted socket begins with that of its listener (TA-9). */
export interface InetKept<Kept extends object> {
  readonly mode: Mode;
  readonly marks: Watermarks;
  /** The options of the transport. */
  readonly own: Kept;
  /** As given when the socket was opened. */
  readonly netns: string | undefined;
  /** `buffer` has been given, so `recbuf` does not raise it any more (TO-5). */
  readonly bufferIsSet: boolean;
}

export class InetOptionsInForce<Kept extends object> implements InForce<InetPlan<Kept>, AskedInet> {
  readonly #at: InetHandle;
  readonly #table: InetTable<Kept>;
  /** Sockets whose options nobody has changed share it. */
  #kept: InetKept<Kept>;

  constructor(at: InetHandle, table: InetTable<Kept>, kept: InetKept<Kept>) {
    this.#at = at;
    this.#table = table;
    this.#kept = kept;
  }

  get kept(): InetKept<Kept> {
    return this.#kept;
  }

  /** Payload is given as bytes: mode 'list' (MS-6). */
  get asList(): boolean {
    return this.#kept.mode === 'list';
  }

  get marks(): Watermarks {
    return this.#kept.marks;
  }

  /** The options of the transport that the socket keeps itself. */
  get own(): Kept {
    return this.#kept.own;
  }

  /** Sets everything of a plan but `active`, or nothing. @throws SocketError as `applyInet`, 'einval' for marks out of order */
  apply(plan: InetPlan<Kept>, syscall: string): void {
    this.#apply(plan, syscall, applyInet);
  }

  /** The same for a socket that is closed if an option is refused. */
  applyToNew(plan: InetPlan<Kept>, syscall: string): void {
    this.#apply(plan, syscall, applyToNew);
  }

  #apply(plan: InetPlan<Kept>, syscall: string, setAll: typeof applyInet): void {
    const { mode, own, netns, bufferIsSet } = this.#kept;
    const marks = marksAfter(this.marks, plan.marks, syscall);
    if (plan.stack.length > 0) setAll(this.#at, this.#withBuffer(plan.stack), syscall);
    this.#kept = {
      mode: plan.mode ?? mode,
      marks,
      own: Object.keys(plan.kept).length === 0 ? own : { ...own, ...plan.kept },
      netns,
      bufferIsSet: bufferIsSet || plan.stack.some(({ name }) => name === 'buffer'),
    };
  }

  /** Undefined if the stack refuses to tell (TO-3). */
  read(asked: AskedInet): unknown {
    if (asked.raws !== undefined) return asked.raws.flatMap((raw) => readRaw(this.#at, raw));
    const { name } = asked;
    const codec = this.#table.stack.get(name);
    if (codec !== undefined) return readInet(this.#at, codec);
    if (name === 'mode' || name === 'netns') return this.#kept[name];
    return name in this.marks ? this.marks[name as keyof Watermarks] : this.own[name as keyof Kept];
  }

  /** A recbuf that is set raises the buffer to as many bytes, unless the buffer has been given (TO-5). */
  #withBuffer(settings: readonly InetSetting[]): readonly InetSetting[] {
    const codec = this.#table.stack.get('buffer');
    if (codec === undefined || this.#kept.bufferIsSet || settings.some(({ name }) => name === 'buffer')) return settings;
    const recbuf = settings.find((setting) => setting.name === 'recbuf');
    if (recbuf === undefined || !('codec' in recbuf)) return settings;
    const [present = 0] = wordsOf(this.#at.stack.getOption(this.#at.handle, inetOption.buffer));
    const value = Math.min(recbuf.value as number, this.#table.mostBuffer);
    return value > present ? [...settings, { name: 'buffer', codec, value }] : settings;
  }
}

function wordsOf(words: readonly number[] | number): readonly number[] {
  return typeof words === 'number' ? [] : words;
}
