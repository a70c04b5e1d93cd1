/** What a TCP socket receives, and the tags of the messages that tell of it. */
import { constants } from 'node:os';
import { type MessageTags, reasonOf } from '../socket/index.js';

/** Payload: a Buffer of its own, or in mode 'list' its bytes (MS-6). */
export type TcpData = Buffer | number[];

/** First elements of the messages that the sockets of an environment send. */
export interface StreamTags extends MessageTags {
  readonly data: string;
  readonly closed: string;
  readonly error: string;
  /** The reason that an errno stands for, where a connection has ended with it. */
  reasonOf(errno: number): string;
}

/** The tags that begin with `name`, as Erlang has them for tcp and for ssl. */
export function streamTags(name: 'tcp' | 'ssl'): StreamTags {
  const tags = { data: name, closed: `${name}_closed`, error: `${name}_error`, passive: `${name}_passive` };
  return { ...tags, all: new Set(Object.values(tags)), reasonOf: name === 'ssl' ? sslReasonOf : reasonOf };
}

/** What TLS finds wrong has no errno of its own. */
function sslReasonOf(errno: number): string {
  return errno === constants.errno.EPROTO ? 'tls_alert' : reasonOf(errno);
}
