/** What the error of a Node stream means for a socket. */
import { constants } from 'node:os';

export interface DuplexFailure {
  /** The errno that comes nearest. */
  readonly errno: number;
  /** The error itself, which says more. */
  readonly error: Error;
}

/**
 * Acts on a failure of a stream. node:tls tells of some errors while OpenSSL is about to write. If its TLSSocket were ended there, that write would fail an assertion of
 * Node, which ends the process. So errors of TLS are acted upon a moment later.
 */
export function afterFailure({ errno }: DuplexFailure, act: () => void): void {
  if (errno === constants.errno.EPROTO) setImmediate(act);
  else act();
}

const errnos: Readonly<Record<string, number | undefined>> = constants.errno;

export function failureOf(error: Error & { readonly code?: unknown }): DuplexFailure {
  const { code } = error;
  return { errno: (typeof code === 'string' ? errnoOf(code) : undefined) ?? constants.errno.EIO, error };
}

function errnoOf(code: string): number | undefined {
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) return constants.errno.EPROTO;
  if (code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ERR_STREAM_DESTROYED') return constants.errno.ECONNRESET;
  return errnos[code];
}
