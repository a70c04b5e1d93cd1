/** Makes a socket of its descriptor 4, which is a connection, sends 'of the child' over it and closes it. */
import { createStack } from './tcpStack.mjs';

const stack = createStack(() => {});
const socket = stack.open({ family: 4, fd: 4 });
stack.send(socket, Buffer.from('of the child'));
process.send?.(stack.close(socket, false));
process.disconnect?.();
