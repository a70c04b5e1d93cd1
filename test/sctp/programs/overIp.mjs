/** Opens a socket over IP itself on a port of this host, and prints the reason for which it cannot, or 'open'. With a user id, as that user. */
import { mainActor } from '../../../dist/actors/index.js';
import { SocketError, sctp } from '../../../dist/actors/sctp/index.js';

const [, , port, uid] = process.argv;
if (uid !== undefined) process.seteuid?.(Number(uid));
try {
  await sctp.open(mainActor(), Number(port), { over: 'ip', ip: '127.0.0.1' });
  console.log('open');
} catch (error) {
  console.log(error instanceof SocketError ? error.reason : String(error));
}
process.exit();
