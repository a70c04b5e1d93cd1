/**
 * The options of one socket as they are in force: those that it keeps itself, and the way to those that the stack keeps. `active` is not here: the flow control
 * has it.
 */
import type { Handle } from '../../native/contract/sctp.js';
import { type InForce, marksAfter, type Watermarks } from '../socket/index.js';
import type { AskedOption, OptionPlan } from './options.js';
import { applySettings, inheritSettings, readSetting } from './settings.js';
import { dataIoEventBit, type StackOption, stackOptions } from './stackOptions.js';
import type { StackSocket } from './stackSocket.js';

/** The options that a peeled-off socket takes over from its parent as in OTP 27.2, of either family (PO-5). */
const inheritedNames = [
  'sctpNodelay',
  'priority',
  'linger',
  'reuseaddr',
  'tos',
  'ttl',
  'recvtos',
  'recvttl',
  'tclass',
  'recvtclass',
] as const;
const inherited = inheritedNames.map((name): [string, StackOption] => [name, stackOptions[name]]);

/** The options that a socket keeps itself. A peeled-off socket takes them over, whatever the stack does (PO-4). */
export interface KeptOptions {
  readonly mode: 'binary' | 'list';
  readonly buffer: number;
  readonly nonBlockSend: boolean;
  readonly marks: Watermarks;
  readonly netns: string | undefined;
}

export class OptionsInForce implements InForce<OptionPlan, AskedOption> {
  /** Payload is given as bytes: mode 'list' (MS-6). */
  asList: boolean;
  /** Data comes with its `sctp_sndrcvinfo` (MS-8). */
  withInfo = true;
  nonBlockSend: boolean;
  marks: Watermarks;
  #buffer: number;
  readonly #netns: string | undefined;
  readonly #at: StackSocket;

  constructor(at: StackSocket, kept: KeptOptions) {
    this.#at = at;
    this.asList = kept.mode === 'list';
    this.#buffer = kept.buffer;
    this.#netns = kept.netns;
    this.nonBlockSend = kept.nonBlockSend;
    this.marks = kept.marks;
    this.noteEvents();
  }

  get kept(): KeptOptions {
    const { nonBlockSend, marks } = this;
    return {
      mode: this.asList ? 'list' : 'binary',
      buffer: this.#buffer,
      nonBlockSend,
      marks,
      netns: this.#netns,
    };
  }

  /** Sets everything of a plan but `active`, or nothing. @throws SocketError 'einval' | 'enotsup' */
  apply(plan: OptionPlan, syscall: string): void {
    const marks = marksAfter(this.marks, plan.marks, syscall);
    if (plan.stack.length > 0) {
      applySettings(this.#at, plan.stack, syscall);
      this.noteEvents();
    }
    if (plan.mode !== undefined) this.asList = plan.mode === 'list';
    if (plan.nonBlockSend !== undefined) this.nonBlockSend = plan.nonBlockSend;
    // A larger recbuf raises the buffer, which never falls below 1 (OPN-9).
    if (plan.recbuf !== undefined) this.#buffer = Math.max(this.#buffer, plan.recbuf);
    if (plan.buffer !== undefined) this.#buffer = Math.max(1, plan.buffer);
    this.marks = marks;
  }

  /** Undefined if the stack refuses to tell (SO-2). */
  read({ name, key }: AskedOption): unknown {
    switch (name) {
      case 'active':
        return undefined;
      case 'mode':
      case 'buffer':
      case 'nonBlockSend':
      case 'netns':
        return this.kept[name];
      case 'highMsgqWatermark':
      case 'lowMsgqWatermark':
      case 'highMsgqWatermarkBytes':
      case 'lowMsgqWatermarkBytes':
        return this.marks[name];
      default:
        return readSetting(this.#at, stackOptions[name], key);
    }
  }

  /**
   * Gives a peeled-off socket the options of this one that the stack may not have copied (PO-5, PO-12).
   *
   * @throws SocketError 'einval' | 'enotsup'
   */
  handOnTo(peeled: Handle, syscall: string): void {
    inheritSettings(this.#at, peeled, inherited, syscall);
  }

  /** Keeps the part of `sctpEvents` that the hot path must know. To be called when the socket has another handle. */
  noteEvents(): void {
    const { stack, handle } = this.#at;
    const words = stack.getOption(handle, stackOptions.sctpEvents.number, 0);
    if (typeof words !== 'number') this.withInfo = ((words[0] ?? 0) & dataIoEventBit) !== 0;
  }
}
