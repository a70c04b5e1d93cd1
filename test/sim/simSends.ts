/** `sendMany` of a stack that has only `send`: it does what the contract promises, one send at a time. */
import { type Handle, type SctpStack, sendRecord } from '../../native/contract/sctp.js';

export function sendOneByOne(
  stack: Pick<SctpStack, 'send'>,
  socket: Handle,
  words: Uint32Array,
  payloads: readonly Uint8Array[],
): number {
  for (const [index, data] of payloads.entries()) {
    const at = (word: number) => words[index * sendRecord.words + word] ?? 0;
    const result = stack.send(
      socket,
      at(sendRecord.assocId),
      at(sendRecord.stream),
      at(sendRecord.flags),
      at(sendRecord.ppid),
      at(sendRecord.context),
      at(sendRecord.timeToLive),
      at(sendRecord.useDefaults) === 1,
      data,
    );
    if (result === 0) continue;
    words[index * sendRecord.words + sendRecord.error] = -result;
    return index;
  }
  return payloads.length;
}
