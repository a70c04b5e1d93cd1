/** Adopts descriptor 3, a UDP socket that the parent has bound, and sends what comes first back to its sender. */
const [root] = process.argv.slice(2);
const { mainActor } = await import(`${root}/actors/index.js`);
const { udp } = await import(`${root}/actors/udp/index.js`);

const socket = await udp.open(mainActor(), 0, { fd: 3, active: false });
process.send?.(socket.sockname());
const [ip, port, data] = await socket.recv();
await socket.send(ip, port, `${socket.port}: ${data}`);
socket.close();
