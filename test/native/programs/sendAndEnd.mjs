/**
 * Sends as much as the socket takes to the port in its first argument, closes and ends by itself. Tells the parent how much it sent. With a second
 * argument it sends nothing before the parent says so. A third is the socket's linger time in seconds.
 */
import { connectResult, createStack, fill, open } from './stack.mjs';

const stack = createStack((item) => {
  if (item.kind !== connectResult) return;
  if (process.argv[3] === undefined) {
    process.send?.(sendAndClose());
    process.disconnect?.();
  } else {
    process.send?.('up');
    process.once('message', () => {
      sendAndClose();
      process.disconnect?.();
    });
  }
});

function sendAndClose() {
  const sent = fill(stack, socket, assoc);
  stack.close(socket, false);
  return sent;
}

const lingerOption = 15;
const socket = open(stack);
if (process.argv[4] !== undefined) stack.setOption(socket, lingerOption, 0, [1, Number(process.argv[4])]);
const assoc = stack.connect(socket, ['127.0.0.1'], Number(process.argv[2]), true);
