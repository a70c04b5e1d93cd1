/** Tells its parent its port, and echoes packets until the parent disconnects. Its argument is a listening descriptor to adopt, if there is one. */
import { acceptAll, createStack, kind, listener, portOf } from './tcpStack.mjs';

const open = new Set();
const stack = createStack((item) => {
  if (item.kind === kind.acceptable) accept();
  if (item.kind === kind.data) stack.send(item.socket, item.bytes);
  if (item.kind === kind.end && open.delete(item.socket)) stack.close(item.socket, false);
});
const socket = listener(stack, Number(process.argv[2] ?? -1));

function accept() {
  for (const each of acceptAll(stack, socket)) open.add(each);
}

accept();
process.send?.(portOf(stack, socket));
process.on('disconnect', () => {
  for (const each of [socket, ...open]) stack.close(each, false);
});
