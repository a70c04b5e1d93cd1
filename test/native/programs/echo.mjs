/** Tells its parent its port, and echoes messages until the parent disconnects. Then it closes, and ends when nothing is left to do. */
import { createStack, data, open, portOf } from './stack.mjs';

const stack = createStack((item) => {
  if (item.kind === data) stack.send(item.socket, item.assocId, 0, 0, 0, 0, 0, false, item.bytes);
});
const socket = open(stack);
stack.listen(socket, 5);
process.send?.(portOf(stack, socket));
process.on('disconnect', () => stack.close(socket, false));
