/** The meaning of the reasons that are SCTP's, by call, and what helps; the others are in actors/socket/explanations.ts. */
import { type Explanations, explain as explainShared } from '../socket/index.js';

const noAssociation =
  'there is no such association on this socket, or no more: ids come with comm_up and end with comm_lost or shutdown_comp';

/** By reason alone. */
const ofReason: Explanations = {
  enotsup: 'the stack of this socket cannot do this; the table of options in docs/sctp.md says which can',
  esocktnosupport: 'this kernel has no SCTP: load its module (modprobe sctp), or leave `stack` out to have the embedded stack',
  eprotonosupport: 'this kernel has no SCTP: load its module (modprobe sctp), or leave `stack` out to have the embedded stack',
  enotconn: 'it has no peer: name the association, or connect first',
  enoprotoopt:
    'one of the peers has not enabled it: both set sctpReconfigSupported before they associate, and sctpEnableStreamReset',
  einprogress: 'a re-configuration of this association is under way: its event tells when the next may begin',
  eopnotsupp: "only sockets of type 'stream' accept",
};

/** By call and reason, where the call makes a difference. */
const ofCall: { readonly [syscall: string]: Explanations } = {
  listen: {
    einval:
      'a peeled-off or accepted socket cannot listen, nor one of type stream that is connected; `false` is for one that listens',
  },
  connect: {
    timeout: 'nobody has answered in the time given; the attempt goes on, and its change comes as an item of the socket',
    eisconn:
      'this socket has an association with this peer already: use that, whose id came with its comm_up, or open another socket',
    ealready: 'an association with this peer is being set up already: its change will come',
    einval:
      'the stack cannot connect there: an address of one host and a port from 1 are needed, and a socket of type stream connects once',
    comm_lost: 'the association broke before it was up; `event.error` has the cause',
    restart: 'the peer began anew before the association was up',
    shutdown_comp: 'the association was shut down before it was up',
  },
  send: {
    epipe: noAssociation,
    eshutdown:
      'the association is being shut down, by `eof`, `close` or the peer: it takes nothing more; wait for its shutdown_comp',
    einval:
      'the stack does not take such a message: it names a stream beyond those agreed, is empty, or has a flag that the stack does not know',
    emsgsize: 'the message is larger than `sndbuf`: raise it, or send in parts',
    eagain:
      'the send buffer is full and nonBlockSend is set: send again later, or leave nonBlockSend off, and `send` waits for room',
  },
  eof: {
    epipe: noAssociation,
    einval: "a socket of type 'stream' that was not peeled off ends its association by `close`",
  },
  abort: {
    epipe: noAssociation,
    einval: "a socket of type 'stream' that was not peeled off aborts its association by linger [true, 0] and `close`",
  },
  peeloff: {
    einval: `${noAssociation}; and a socket of type stream has none to give away`,
    ebusy: 'a connect or a send of this association waits: await it first',
  },
  bindx: {
    einval:
      'the stack does not take the address: it must be one host’s, and not be bound already, or be bound if it is taken away; a socket bound to any address has all of them',
    ebusy: 'the last address cannot be taken away: add another first',
  },
  names: {
    einval: noAssociation,
  },
  reconfigure: {
    einval: `${noAssociation}; or the numbers are beyond its streams, or beyond 65535; or a packet has no room for the list of streams: leave the list out for all`,
    eagain: 'something is under way on these streams: try again when it has been acknowledged',
    enotconn: 'the association is not up: wait for its comm_up',
  },
};

/** Calls that share the explanations of another, but for their own. */
const sameAs: { readonly [syscall: string]: string } = {
  eof: 'send',
  abort: 'send',
  connectInit: 'connect',
  connectxInit: 'connect',
  handOff: 'peeloff',
  sockname: 'names',
  socknames: 'names',
  peername: 'names',
  peernames: 'names',
  resetStreams: 'reconfigure',
  resetAssoc: 'reconfigure',
  addStreams: 'reconfigure',
};

/** What `reason` means when `syscall` gives it, and what helps. Undefined for what nobody foresaw. */
export function explain(syscall: string, reason: string): string | undefined {
  return (
    ofCall[syscall]?.[reason] ??
    ofCall[sameAs[syscall] ?? syscall]?.[reason] ??
    ofReason[reason] ??
    explainShared(syscall, reason)
  );
}
