/** Associates with the port in its first argument, by the stack in its second, and then waits for its end. */
import { connectResult, createStack, open } from './stack.mjs';

const stack = createStack(
  (item) => {
    if (item.kind === connectResult) process.send?.('up');
  },
  process.argv[3] === 'kernel' ? 'kernelSctp' : undefined,
);
const socket = open(stack);
stack.connect(socket, ['127.0.0.1'], Number(process.argv[2]), true);
process.on('message', (how) => process.exit(how === 'exit' ? 0 : 1));
