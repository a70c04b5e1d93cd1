/** The handshake of node:tls over a Duplex, on either side. */
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, type Server, type TLSSocket } from 'node:tls';
import { keepSession } from './facts.js';
import { handshakeError } from './reasons.js';

/** Our side is that which was connected to. */
export function handshakeAsServer(server: Server, duplex: Duplex, syscall: string): Promise<TLSSocket> {
  return outcomeOf(duplex, syscall, (outcome) => {
    // What node:tls tells its server of this connection is for this connection alone. All the rest is the server's.
    const own = Object.create(server) as Server;
    own.emit = (event: string, ...args: unknown[]): boolean => {
      if (event === 'secureConnection') {
        const socket = args[0] as TLSSocket;
        // The contexts of a server that was given in place of options may allow it (options.ts says why nobody shall).
        socket.disableRenegotiation();
        outcome.settle(socket);
      } else if (event === 'tlsClientError') outcome.fail(args[0] as Error, args[1] as TLSSocket);
      else return server.emit(event, ...args);
      return true;
    };
    const [begin] = server.listeners('connection');
    begin!.call(own, duplex);
  });
}

/** Our side is that which connects. */
export function handshakeAsClient(options: ConnectionOptions, duplex: Duplex, syscall: string): Promise<TLSSocket> {
  return outcomeOf(duplex, syscall, (outcome) => {
    const socket = connect({ ...options, socket: duplex });
    keepSession(socket);
    socket.once('secureConnect', () => outcome.settle(socket));
    socket.once('error', (error) => outcome.fail(error, socket));
  });
}

interface Outcome {
  settle(socket: TLSSocket): void;
  fail(error: Error, socket?: TLSSocket): void;
}

/** Rejects with a SocketError if the handshake fails, or if the Duplex ends before it is over. The first outcome counts. */
function outcomeOf(duplex: Duplex, syscall: string, begin: (outcome: Outcome) => void): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error, socket?: TLSSocket): void => {
      over();
      socket?.on('error', ignore);
      socket?.destroy();
      reject(handshakeError(error, syscall, socket === undefined || socket.authorized ? undefined : verdictOn(socket)));
    };
    const settle = (socket: TLSSocket): void => {
      over();
      socket.on('error', ignore);
      resolve(socket);
    };
    // node:tls destroys the Duplex when it refuses the peer, and says why a moment later.
    const ended = (): void => void setImmediate(() => fail(Object.assign(new Error('ended'), { code: 'ERR_SOCKET_CLOSED' })));
    const over = (): void => {
      duplex.off('error', fail);
      duplex.off('end', ended);
      duplex.off('close', ended);
    };
    duplex.on('error', fail);
    duplex.on('end', ended);
    duplex.on('close', ended);
    begin({ settle, fail });
  });
}

/** What we found of the peer's certificate, if we refuse it. */
function verdictOn({ authorizationError }: TLSSocket): string | undefined {
  // Typed as an Error, it is the code of one.
  return authorizationError === null || authorizationError === undefined ? undefined : String(authorizationError);
}

function ignore(): void {
  // The socket over it is told of errors by listeners of its own.
}
