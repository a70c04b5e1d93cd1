/**
 * The relay of the bridge example, by mailport/repy. Its callback runs as an actor for each client that comes, as long as the budget has an event and a socket. Further
 * clients wait with the system. A client that does nothing for too long has to go, so that others have their turn.
 */
import { type AnySelf, type DownMessage, exit, genServer, type Pid, type Self, send, spawn, tag } from 'mailport';
import { Client, type ClientConnection } from 'mailport/messaging';
import { createRepy, type RepySocket, SocketError } from 'mailport/repy';
import { type Count, messages, type ServerPlan } from './bridgeServer.js';

export interface Plan extends ServerPlan {
  /** 0 until the relay has chosen one. */
  port: number;
  /** A client that does not send a line for so long, or does not read the answer, has to go. */
  readonly patienceMs: number;
}

/** The longest line, in bytes. */
const longestLine = 1024;

/** Starts the relay as a child of a supervisor. The sandbox, with all its callbacks and connections, ends with this actor. */
export function startRelay(parent: AnySelf, plan: Plan): Promise<Pid> {
  return genServer.startLink(parent, {
    init: async (self) => {
      // One event is the socket selector's.
      const repy = createRepy(self, { events: plan.mostClients + 1, sockets: plan.mostClients });
      const handle = await repy.waitforconn(plan.ip, plan.port, (own, _ip, port, client) => relay(own, port, client, plan));
      plan.port = handle.port;
      return ['ok', repy];
    },
  });
}

/** The callback: passes one client's lines on, until the client has gone. */
async function relay(self: Self, port: number, client: RepySocket, plan: Plan): Promise<void> {
  console.log(`relay  | ${self.pid} has a client, from port ${port}`);
  const attendant = attend(self.pid, plan.patienceMs);
  const { ip: address, serverPort, patienceMs: timeoutMs } = plan;
  try {
    // The connection to the server ends with this actor. The client's socket is the sandbox's: it has to be closed.
    const server = await Client.connect<string, Count>(self, { ...messages, address, port: serverPort, timeoutMs });
    for await (const line of linesOf(client)) {
      await sendAll(client, await ask(server, line));
      send(attendant, ['relayed']);
    }
    await Client.disconnect(server);
  } catch (error) {
    // The client has gone, or the server cannot be reached. Neither is a failure of the relay.
    if (error instanceof SocketError) self.exit(['shutdown', error]);
    throw error;
  } finally {
    await client.close();
  }
}

async function ask(server: ClientConnection<string, Count>, text: string): Promise<string> {
  await Client.send(server, text);
  const { line, words } = await Client.receive(server);
  return `line ${line}, ${words} words: ${text}\n`;
}

/** The lines that come, without their ends, until the client's end. What is left of a line then is dropped. */
async function* linesOf(client: RepySocket): AsyncGenerator<string, void, void> {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const end = bytes.indexOf('\n');
    if (end > longestLine || (end < 0 && bytes.length > longestLine)) {
      await sendAll(client, `a line has ${longestLine} bytes at most\n`);
      return;
    }
    if (end < 0) {
      const more = await client.recv(longestLine).catch(endOfClient);
      if (more === undefined) return;
      bytes = Buffer.concat([bytes, more]);
    } else {
      yield bytes.toString('utf8', 0, end);
      bytes = bytes.subarray(end + 1);
    }
  }
}

/** Undefined if the client has ended the connection, and all has been received. */
function endOfClient(error: unknown): undefined {
  if (error instanceof SocketError && error.reason === 'closed') return undefined;
  throw error;
}

/** A `send` takes what the network stack has room for, which may be a part. */
async function sendAll(client: RepySocket, text: string): Promise<void> {
  for (let rest = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(await client.send(rest));
}

/** Starts an actor that is told of each line of another one, ends that when no line has come for too long, and says how it has ended. */
function attend(pid: Pid, patienceMs: number): Pid<readonly ['relayed']> {
  return spawn(
    async (self: Self<readonly ['relayed'] | DownMessage>) => {
      self.monitor(pid);
      for (let lines = 0; ; lines += 1) {
        const message = (await self.receive({ after: patienceMs })) ?? (await end(self, pid));
        if (message[0] === 'relayed') continue;
        console.log(`relay  | ${pid} has relayed ${lines} lines, and has ended: ${reasonOf(message)}`);
        return;
      }
    },
    { label: 'attendant' },
  );
}

/** The client is silent, or does not read. A monitor tells of the end of its actor. */
function end(self: Self<readonly ['relayed'] | DownMessage>, pid: Pid): Promise<DownMessage> {
  exit(pid, ['shutdown', new Error('the client has done nothing for too long')]);
  return self.receive(tag('DOWN'));
}

function reasonOf([, , , , reason]: DownMessage): string {
  if (reason === 'normal') return 'the client has left';
  if (reason === 'shutdown') return 'the relay ends';
  return Array.isArray(reason) && reason[1] instanceof Error ? reason[1].message : String(reason);
}
