/**
 * What mailport is for, as `npm start` runs it: a supervised SCTP server of actors in this process, and a client in another process that talks to it. With `--serve`
 * the server keeps serving until Ctrl-C.
 *
 *     node dist/examples/sessions.js [--serve [port]]
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { exit, mainActor, reply, server } from 'mailport';
import { sctp } from 'mailport/sctp';
import { startSessions } from './sessionServer.js';

const serve = process.argv[2] === '--serve';
const wantedPort = serve ? Number(process.argv[3] ?? '2006') : 0;
const log = (line: string) => console.log(`server | ${line}`);

const { name, why } = sctp.stack();
log(`SCTP stack: ${name} (${why})`);

const self = mainActor();
let stopping = false;
const sessions = await startSessions(wantedPort, log);
const port = server.info(sessions)?.port ?? 0;
log(`${sessions} listens on 127.0.0.1:${port}`);
const ended = self.monitor(sessions);

if (serve) {
  log(`try: node dist/examples/sessionClient.js ${port} (Ctrl-C ends the server)`);
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
} else runClient();

const down = await self.receive(reply(ended));
log(`the server has ended: ${String(down[4])}`);
if (!stopping) process.exitCode = 1;

function runClient(): void {
  const child = fork(fileURLToPath(new URL('sessionClient.js', import.meta.url)), [String(port)]);
  child.once('exit', (code) => {
    log(`the client ended with status ${code}`);
    if (code !== 0) process.exitCode = 1;
    stop();
  });
}

/** The server ends its sessions. Their sockets close gracefully: messages that were sent arrive, and peers see the end. */
function stop(): void {
  stopping = true;
  exit(sessions, 'shutdown');
}
