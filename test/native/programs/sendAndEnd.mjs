/** Sends what the socket takes to the port in its first argument, closes at once and ends by itself. Tells the parent how much it sent. */
import { connectResult, createStack, fill, open } from './stack.mjs';

const stack = createStack((item) => {
  if (item.kind !== connectResult) return;
  process.send?.(fill(stack, socket, assoc));
  stack.close(socket, false);
  process.disconnect?.();
});
const socket = open(stack);
const assoc = stack.connect(socket, ['127.0.0.1'], Number(process.argv[2]), true);
