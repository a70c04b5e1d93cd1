/** The state of a socket at the moment: who owns it, which calls wait, and how much its peers make it hold. */
import { option, type SctpStack } from '../../native/contract/sctp.js';
import type { Pid } from '../../runtime/index.js';
import type { Active, NameReason } from '../socket/index.js';
import { stackError } from './failure.js';
import { bytesOf } from './memory.js';
import type { StackSocket } from './stackSocket.js';

/** The state of a socket at the moment (OW-7). */
export interface SctpSocketInfo {
  readonly owner: Pid;
  readonly stack: SctpStack['name'];
  readonly type: 'seqpacket' | 'stream';
  readonly port: number;
  readonly active: Active;
  /**
   * Bytes with the stack, as its windows count them: received and not given out yet; sent and not acknowledged. The former include a message that has outgrown
   * the window while it is put together.
   */
  readonly queuedBytes: readonly [received: number, sent: number];
  /**
   * Bytes that peers make the socket hold, with the memory for their bookkeeping (limit: `maxHeldBytes`); and the part of them that associations which have ended
   * have left.
   */
  readonly held: { readonly bytes: number; readonly ofEnded: number };
  /** Bytes that were sent and that peers have not acknowledged (limit: `maxSendingBytes`); on the embedded stack with the memory for their bookkeeping. */
  readonly sending: { readonly bytes: number };
  /** How many sends, connects and accepts wait. */
  readonly waitingSends: number;
  readonly waitingConnects: number;
  readonly waitingAccepts: number;
  /**
   * On the embedded stack: the associations of the port, with peeled-off ones and those of closed sockets that are still shutting down; and how many peers were
   * refused because of `maxAssociations` or `maxAssociationsPerPeer`.
   */
  readonly associations?: { readonly open: number; readonly refused: number };
}

/**
 * The part of it that the stack knows; `held` and `sending` of one association, or of the whole socket (0).
 *
 * @throws SocketError 'einval' (no such association)
 */
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

/** The bytes that peers make the socket hold, of one association or in all (0). @throws SocketError 'einval' (no such association) */
export function heldBytes({ stack, handle }: StackSocket, assocId: number): SctpSocketInfo['held'] {
  const words = stack.getOption(handle, option.held, assocId);
  if (typeof words === 'number') throw stackError<NameReason>(stack, words, 'info');
  return { bytes: bytesOf(words), ofEnded: bytesOf(words.slice(2)) };
}
