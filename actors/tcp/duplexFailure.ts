/** What the error of a Node stream means for a socket. */
import { constants } from 'node:os';

export interface DuplexFailure {
  /** The errno that comes nearest. */
  readonly errno: number;
  /** The error itself, which says more. */
  readonly error: Error;
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
