/** Makes a socket of its descriptor 3, tells its parent the port, and echoes datagrams until one is empty. Then it closes, and ends when nothing is left to do. */
import { createUdp, open, portOf, send } from './udp.mjs';

const stack = createUdp(({ port, bytes }) => {
  send(stack, socket, port, bytes);
  if (bytes.length === 0) stack.close(socket);
});
const socket = open(stack, 3);
console.log(portOf(stack, socket));
