/** Several sends of one socket that go down to the stack in one call. Nothing waits here, and nothing is kept between two calls. */
import { type Handle, type SctpStack, sendRecord } from '../../native/contract/sctp.js';
import type { SendRequest } from './sending.js';

export class SendBatch {
  /** Most sends in one call: so many that the call costs little beside them, and so few that the memory does not matter. */
  static readonly most = 64;
  readonly #stack: SctpStack;
  readonly #words = new Uint32Array(SendBatch.most * sendRecord.words);

  constructor(stack: SctpStack) {
    this.#stack = stack;
  }

  /**
   * Has the stack take `requests`, at most `most`, in order.
   *
   * @returns how many sends the stack took; then 0, or the negative errno of the send at which it stopped
   */
  send(handle: Handle, requests: readonly SendRequest[]): { readonly taken: number; readonly result: number } {
    const words = this.#words;
    let base = 0;
    for (const { assocId, stream, flags, ppid, context, timetolive, useDefaults } of requests) {
      words[base + sendRecord.assocId] = assocId;
      words[base + sendRecord.stream] = stream;
      words[base + sendRecord.flags] = flags;
      words[base + sendRecord.ppid] = ppid;
      words[base + sendRecord.context] = context;
      words[base + sendRecord.timeToLive] = timetolive;
      words[base + sendRecord.useDefaults] = useDefaults ? 1 : 0;
      base += sendRecord.words;
    }
    const payloads = requests.map(({ data }) => data);
    const taken = this.#stack.sendMany(handle, words, payloads);
    if (taken < 0) return { taken: 0, result: taken };
    return { taken, result: taken === requests.length ? 0 : -words[taken * sendRecord.words + sendRecord.error]! };
  }
}
