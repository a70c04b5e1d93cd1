/** Names of options that people bring from node:net, node:dgram or Erlang and that are none here, with what to write instead. A misspelt name is for `didYouMean`. */

const instead: { readonly [name: string]: string } = {
  backlog: 'it is for `listen` alone',
  allowHalfOpen: 'write exitOnClose: false for allowHalfOpen: true',
  keepAliveInitialDelay: 'write keepIdle, in seconds',
  timeout: 'the time of connect, accept and recv is an argument, timeoutMs; that of sends is sendTimeout',
  signal: 'a signal belongs to one call, whose last argument is { signal }',
  host: 'the address of the peer is the argument before the port; the own address is `ip`',
  hostname: 'the address of the peer is the argument before the port; the own address is `ip`',
  address: 'the address of the peer is the argument before the port; the own address is `ip`',
  localAddress: 'write ip',
  localPort: 'write port',
  path: 'a Unix-domain socket has { local: path } for its address: as the argument of connect, or as `ifaddr` of listen and open',
  type: 'the family is that of the address, or write inet6: true',
  pauseOnConnect: 'write active: false',
  onread: 'data comes as messages, or write active: false and call recv',
  encoding: 'data is bytes: String(data) makes text of it',
  highWaterMark: 'of sends write highWatermark; of what is received highMsgqWatermarkBytes',
  recvBufferSize: 'write recbuf',
  sendBufferSize: 'write sndbuf',
  maxPacketSize: 'write packetSize',
  delimiter: 'write lineDelimiter, a byte as a number',
  multicastInterface: 'write multicastIf',
  multicastLoopback: 'write multicastLoop',
  membership: 'write addMembership',
};

/** Options of OTP that are not there (docs/differences.md). */
const leftOut: ReadonlySet<string> = new Set(
  'header deliver delay_send delaySend read_ahead readAhead nopush pktoptions debug'.split(' '),
);

/** What to write in place of an option of another library. Undefined for a name that nobody foresaw. */
export function insteadOf(name: string): string | undefined {
  if (leftOut.has(name)) return 'this option of OTP is left out, see docs/differences.md';
  return Object.hasOwn(instead, name) ? instead[name] : undefined;
}
