/**
 * Sends as much as its socket takes to the port in its first argument, tells its parent how many packets, and ends as the second argument says: 'close' leaves
 * without another word, 'exit' sends one more packet and exits in the same turn. A third argument is flushTimeout in milliseconds.
 */
import { client, createStack, fill, kind, option } from './tcpStack.mjs';

const [port, ending, flushTimeout] = process.argv.slice(2);
const stack = createStack((item) => {
  if (item.kind !== kind.connected) return;
  if (ending === 'exit') {
    stack.send(socket, new Uint8Array(7));
    process.exit(0);
  }
  process.send?.(fill(stack, socket));
  stack.close(socket, false);
  process.disconnect?.();
});
const socket = client(stack, Number(port));
if (flushTimeout !== undefined) stack.setOption(socket, option.flushTimeout, [Number(flushTimeout)]);
