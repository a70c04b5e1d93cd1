/** Reasons of calls that are TLS's own, and what an error of node:tls means. */
import { SocketError } from '../socket/index.js';

/**
 * Why a handshake fails. 'tls_alert': one of the two ends refuses the other, by an alert or by what it found in the certificate; `detail` in the message says why,
 * and `cause` is the error of node:tls, with its code. 'closed': the peer has gone meanwhile.
 */
export type HandshakeReason = 'tls_alert' | 'closed' | 'timeout' | 'aborted' | 'econnreset' | 'epipe' | 'etimedout';

interface NodeError extends Error {
  readonly code?: unknown;
  readonly reason?: unknown;
}

/** Codes that say that the other end has gone before the handshake was over. */
const goneCodes: ReadonlySet<unknown> = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'ERR_SOCKET_CLOSED']);

/**
 * The error of a handshake, from that of node:tls.
 *
 * @param verdict what the certificate of the peer was found to be, if it was found wrong
 */
export function handshakeError(error: Error, syscall: string, verdict?: string): SocketError<HandshakeReason> {
  const alert = alertOf(error);
  if (alert !== undefined) return caused('tls_alert', syscall, alert, error);
  if (isVerdict(error)) return caused('tls_alert', syscall, `${String((error as NodeError).code)}: ${error.message}`, error);
  if (verdict !== undefined) return caused('tls_alert', syscall, `the certificate of the peer: ${verdict}`, error);
  const { code } = error as NodeError;
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return caused('timeout', syscall, undefined, error);
  if (error instanceof SocketError) return caused(error.reason as HandshakeReason, syscall, undefined, error);
  // Node calls it ECONNRESET when the peer only ends the connection.
  if (goneCodes.has(code) || code === 'ECONNRESET')
    return caused('closed', syscall, 'the peer ended the connection before the handshake was over', error);
  return caused((typeof code === 'string' ? code.toLowerCase() : 'tls_alert') as HandshakeReason, syscall, error.message, error);
}

/** Other codes of what one of the ends does not put up with. */
const refusals: ReadonlySet<string> = new Set(['EPROTO', 'ERR_TLS_RENEGOTIATION_DISABLED', 'ERR_TLS_SESSION_ATTACK']);

/** The alert, in the words of OpenSSL, if an error is one of TLS. */
export function alertOf(error: Error): string | undefined {
  const { code, reason } = error as NodeError;
  if (typeof code !== 'string' || !(code.startsWith('ERR_SSL_') || refusals.has(code))) return undefined;
  return typeof reason === 'string' ? reason : error.message;
}

export function isAlert(error: unknown): boolean {
  return error instanceof SocketError && error.reason === 'tls_alert';
}

/** Our own verdict on the peer's certificate: Node gives it with the code of OpenSSL's verification, or of its own look at the name. */
function isVerdict(error: NodeError): boolean {
  const { code } = error;
  return typeof code === 'string' && (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || /CERT|CRL|SIGNATURE|ISSUER|CHAIN/.test(code));
}

function caused(
  reason: HandshakeReason,
  syscall: string,
  detail: string | undefined,
  cause: Error,
): SocketError<HandshakeReason> {
  const error = new SocketError<HandshakeReason>(reason, syscall, { detail });
  // Node adds the whole certificate, which would be a thousand lines in a report.
  delete (cause as { cert?: unknown }).cert;
  error.cause = cause;
  return error;
}
