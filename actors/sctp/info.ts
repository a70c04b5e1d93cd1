/** What is known of a socket at the moment: who owns it, what waits, and what its peers make it hold. */
import { option, type SctpStack } from '../../native/contract/sctp.js';
import type { Pid } from '../../runtime/index.js';
import type { Active, NameReason } from '../socket/index.js';
import { stackError } from './failure.js';
import { bytesOf } from './memory.js';
import type { StackSocket } from './stackSocket.js';

/** What is known of a socket at the moment (OW-7). */
export interface SctpSocketInfo {
  readonly owner: Pid;
  readonly stack: SctpStack['name'];
  readonly type: 'seqpacket' | 'stream';
  readonly port: number;
  readonly active: Active;
  /**
   * What is with the stack, as its windows count it: bytes received that it has not given out yet, bytes sent and not acknowledged. The former
   * include a message that has outgrown the window while it is put together.
   */
  readonly queuedBytes: readonly [received: number, sent: number];
  /**
   * What peers make the socket hold, of which `maxHeldBytes` is the limit: bytes, with what holding them costs beside; and what of them associations that
   * have ended have left.
   */
  readonly held: { readonly bytes: number; readonly ofEnded: number };
  /** What was sent and peers have not acknowledged, of which `maxSendingBytes` is the limit: bytes, on the embedded stack with what keeping them costs beside. */
  readonly sending: { readonly bytes: number };
  /** Sends, connects and accepts that wait. */
  readonly waitingSends: number;
  readonly waitingConnects: number;
  readonly waitingAccepts: number;
  /**
   * Of the port, on the embedded stack: its associations, peeled-off ones and those of closed sockets that are still shutting down included, and the
   * peers that were refused one because of `maxAssociations` or `maxAssociationsPerPeer`.
   */
  readonly associations?: { readonly open: number; readonly refused: number };
}

/** The part of it that the stack knows; `held` and `sending` of one association, or of the whole socket (0). @throws SocketError 'einval' (no such association) */
export function stackInfo(
  at: StackSocket,
  assocId: number,
): Pick<SctpSocketInfo, 'stack' | 'type' | 'queuedBytes' | 'held' | 'sending' | 'associations'> {
  const { stack, handle, oneToOne } = at;
  const counts = stack.getOption(handle, option.associationCounts, 0);
  const queuedBytes = stack.queuedBytes(handle);
  const sending = stack.getOption(handle, option.sending, assocId);
  return {
    stack: stack.name,
    type: oneToOne ? 'stream' : 'seqpacket',
    queuedBytes,
    held: heldBytes(at, assocId),
    sending: { bytes: typeof sending === 'number' ? queuedBytes[1] : bytesOf(sending) },
    ...(typeof counts === 'number' ? {} : { associations: { open: counts[0] ?? 0, refused: counts[1] ?? 0 } }),
  };
}

/** What peers make the socket hold, of one association or in all (0). @throws SocketError 'einval' (no such association) */
export function heldBytes({ stack, handle }: StackSocket, assocId: number): SctpSocketInfo['held'] {
  const words = stack.getOption(handle, option.held, assocId);
  if (typeof words === 'number') throw stackError<NameReason>(stack, words, 'info');
  return { bytes: bytesOf(words), ofEnded: bytesOf(words.slice(2)) };
}
