/** A simulated socket that is closed goes on sending what it has queued: until all has left, until nothing leaves any more, or until its user waits no longer. */
import { constants } from 'node:os';
import { inetOption } from '../../../native/contract/inet.js';
import { tcpKind } from '../../../native/contract/tcp.js';
import type { TcpEnd } from './tcpEnd.js';
import type { Wire } from './wire.js';

const { ETIMEDOUT } = constants.errno;

/**
 * Waits for the queue of a closed socket to leave. Its stack tells of the outcome. After the time of `linger` that is told, too, and the rest goes on leaving (TC-16).
 *
 * @param forget called when it has been told
 */
export function flush(wire: Wire, end: TcpEnd, lingerMs: number, forget: () => void): void {
  const progressMs = end.options.word(inetOption.flushTimeout);
  let { leftBytes } = end.output;
  const look = (): void => {
    if (end.output.leftBytes === leftBytes) end.abort(ETIMEDOUT);
    else {
      leftBytes = end.output.leftBytes;
      timer = wire.after(progressMs, look);
    }
  };
  let timer = wire.after(progressMs, look);
  const linger = lingerMs === Number.POSITIVE_INFINITY ? undefined : wire.after(lingerMs, () => tell(ETIMEDOUT));
  let isTold = false;
  const tell = (error: number): void => {
    if (isTold) return;
    isTold = true;
    if (linger !== undefined) wire.cancel(linger);
    end.onGone = forget;
    end.tell(tcpKind.flushed, error);
  };
  end.onFlushed = (error) => {
    wire.cancel(timer);
    tell(error);
  };
}
