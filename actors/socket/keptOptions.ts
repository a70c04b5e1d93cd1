/** Options that the sockets of every transport keep themselves, beside `active`, whose default is the transport's. */
import type { Mode } from './optionPairs.js';

export interface KeptOptions {
  /** 'binary' (default): payload is a Buffer; 'list': an array of bytes (MS-6). */
  readonly mode?: Mode;
  /** Messages in the owner's mailbox at which `active: true` stops reading; 8192. */
  readonly highMsgqWatermark?: number;
  /** Messages in the owner's mailbox at which the socket goes on; 4096. */
  readonly lowMsgqWatermark?: number;
  /**
   * Bytes in the owner's mailbox, of messages of all sockets, at which this socket stops reading, in every active mode; 1048576. A byte of payload counts 1 in a
   * Buffer, 8 in an array of numbers. One message of each socket may be there in any case.
   */
  readonly highMsgqWatermarkBytes?: number;
  /** Bytes in the owner's mailbox at which the socket goes on; 524288. */
  readonly lowMsgqWatermarkBytes?: number;
}
