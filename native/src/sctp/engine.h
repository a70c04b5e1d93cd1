// An SCTP stack (RFC 9260) without sockets, clock, threads or randomness of its own: packets, calls and the time go in; packets,
// items and the next deadline come out. One engine serves one JavaScript environment. Mirrors RFC 6458's one-to-many sockets.
//
// Calls that can fail return 0 or a positive errno value. Every call may leave packets to be sent: call Flush() at the end of a
// turn, and RunTimers() when NextDeadline() has come.
#pragma once

#include <memory>
#include <vector>

#include "host.h"
#include "types.h"

namespace mailport::sctp {

struct OpenParams {
  CarrierId carrier = 0;
  uint16_t port = 0;             // SCTP port; never 0 (the host knows what its carrier got).
  uint8_t family = 4;            // 4, or 6 (which talks to IPv4 peers too if the carrier is dual-stack).
  bool one_to_one = false;       // RFC 6458 section 4: at most one association.
  uint16_t remote_udp_port = 0;  // UDP port of peers (RFC 6951); 0: the same as their SCTP port.
  uint32_t max_window_bytes = 0; // What the carrier's receive buffer bears; 0: no bound. Caps every advertised window.
};

struct SendParams {
  AssocId assoc_id = 0;
  uint32_t stream = 0;
  uint32_t flags = 0;  // kFlag…
  uint32_t ppid = 0;
  uint32_t context = 0;
  uint32_t time_to_live_ms = 0;
  bool use_defaults = false;  // Take flags, ppid, context and lifetime from the association's default send parameters (SD-1).
};

// One of several sends of a socket.
struct SendRequest {
  SendParams params;
  Bytes data;
};

// How several sends ended that were made in order: `count` were taken, and the next one was not, for `error`. 0: all were taken.
struct SendsTaken {
  size_t count = 0;
  int error = 0;
  unsigned calls = 0;  // System calls that it took.
};

// Options by number, values as 32-bit words in the order given here. `assoc_id` 0 is the endpoint and its future associations.
enum class Option : uint32_t {
  kRtoInfo = 1,          // initial ms, max ms, min ms
  kAssocInfo = 2,        // asocmaxrxt, number_peer_destinations, peer_rwnd, local_rwnd, cookie_life ms
  kInitMsg = 3,          // num_ostreams, max_instreams, max_attempts, max_init_timeo ms; setting 0 keeps the present value (SO-13)
  kAutoclose = 4,        // seconds; 0 never
  kNodelay = 5,          // 0 | 1
  kDisableFragments = 6, // 0 | 1
  kMaxSeg = 7,           // bytes of payload a chunk; 0: path MTU decides
  kAdaptation = 8,       // indication
  kPeerAddrParams = 9,   // hbinterval ms, pathmaxrxt, pathmtu, sackdelay ms, flags (bits: 1 hb_enable 2 hb_disable 4 hb_demand
                         // 8 pmtud_enable 16 pmtud_disable 32 sackdelay_enable 64 sackdelay_disable)
  kDefaultSendParam = 10,  // stream, flags, ppid, context, timetolive ms
  kEvents = 11,          // bit mask: 1 data_io 2 association 4 address 8 send_failure 16 peer_error 32 shutdown 64 partial_delivery
                         // 128 adaptation_layer 256 stream_reset 512 assoc_reset 1024 stream_change 2048 sender_dry
  kDelayedAck = 12,      // ms
  kStatus = 13,          // read: state, rwnd, unackdata, penddata, instrms, outstrms, fragmentation_point, then the primary path as
                         // kPeerAddrInfo gives it. States: 0 empty 1 closed 2 cookie_wait 3 cookie_echoed 4 established
                         // 5 shutdown_pending 6 shutdown_sent 7 shutdown_received 8 shutdown_ack_sent
  kPeerAddrInfo = 14,    // read: state (0 inactive 1 active 2 unconfirmed), cwnd, srtt ms, rto ms, mtu, then an address (below), and the
                         // association's id
  kLinger = 15,          // 0 | 1, seconds
  kRecbuf = 16,          // bytes
  kSndbuf = 17,          // bytes
  kPrimaryPeer = 18,     // read: as kPeerAddrInfo; ENOENT without association
  kStats = 19,           // read, whole engine if socket is 0: see Stats
  kPrimaryAddr = 20,     // set: the key's address; read: an address
  kSetPeerPrimary = 21,  // set: the key's address, one of ours; cannot be read
  kMappedV4 = 22,        // 0 | 1
  kReuseAddr = 23,       // 0 | 1
  kPriority = 24,        // of packets, SO_PRIORITY
  kTos = 25,             // IPv4 type of service; its two ECN bits are not the user's, and read 0 (SO-19)
  kTclass = 26,          // IPv6 traffic class, as kTos
  kTtl = 27,             // hops
  kRecvTos = 28,         // 0 | 1
  kRecvTclass = 29,      // 0 | 1
  kRecvTtl = 30,         // 0 | 1
  kDontRoute = 31,       // 0 | 1
  kIpv6Only = 32,        // read: 0 | 1
  kBindToDevice = 33,    // 16 bytes of name in four words, first byte highest, filled up with 0
  kEnableStreamReset = 34,    // bits: 1 streams 2 association 4 numbers of streams (RFC 6525)
  kReconfigSupported = 35,    // 0 | 1
  kPrSupported = 36,          // 0 | 1
  kDefaultPrinfo = 37,        // policy (PrPolicy), value: ms, retransmissions or priority; of no policy, and of a time, it is the timetolive of
                              // kDefaultSendParam
  kRemoteUdpEncapsPort = 38,  // UDP port; 0: what the stack has without
  kAssocStats = 39,           // read: an address, then 15 counters of two words, higher one first, in the order of
                              // Linux's sctp_assoc_stats: from the largest RTO on (ms; the kernel's ticks on its stack)
  // Of a socket that listens: how many associations its port may have, whosever call they came of and peeled-off ones included, until no
  // further peer gets one; and how many of them with one peer address. Each 1 or more.
  kMaxAssociations = 44,
  kMaxAssociationsPerPeer = 45,
  kAssociationCounts = 46,    // read: how many the port has, how many peers were refused one since it was opened
  kMaxHeld = 50,              // What peers may make the socket hold: bytes, with what holding them costs beside
  kHeld = 51,                 // read: what they do, and of this what associations that have ended have left; or what the peer of one association does,
                              // and 0; or of socket 0 those of all sockets, and 0. Two words each, the higher one first
  kMaxHeldOfAll = 52,         // Of socket 0: what peers may make all sockets hold
  // The same of what was sent and is not acknowledged; kSending has no second part, and of socket 0 that of closed sockets' associations.
  kMaxSending = 53,
  kSending = 54,
  kMaxSendingOfAll = 55,
};
// An address in words: family, words 0..3 (IPv4 in word 0), port, scope id.

// Limits of all sockets together, which are set with socket 0.
inline bool IsOfAll(Option option) { return option == Option::kMaxHeldOfAll || option == Option::kMaxSendingOfAll; }
// Limits that only this engine keeps.
inline bool IsOfEmbeddedStack(Option option) {
  return option == Option::kMaxAssociations || option == Option::kMaxAssociationsPerPeer || option == Option::kMaxSending;
}

// What an option belongs to: the endpoint and its future associations, one association, or one address of a peer. An address of family 0, or the
// any address, is none; with an address and without an id, the association is the one that has it.
struct OptionKey {
  AssocId assoc = 0;
  IpAddress address;
  uint16_t port = 0;

  bool HasAddress() const { return address.family != 0 && !address.IsAny(); }
};

// Partial reliability (RFC 7496), numbered as in kDefaultPrinfo.
enum class PrPolicy : uint32_t { kNone = 0, kTtl = 1, kRtx = 2, kPrio = 3 };

// The state of one association's peer, for name look-ups.
struct PeerName {
  AssocId assoc_id;
  IpAddress address;
  uint16_t port;
};

struct Stats {  // Monotonic counters of an engine; read-outs of kStats in this order.
  uint64_t packets_in = 0, packets_out = 0, data_chunks_in = 0, data_chunks_out = 0, retransmissions = 0, fast_retransmits = 0,
           timeouts = 0, duplicates = 0, bad_packets = 0, out_of_the_blue = 0, associations = 0, queued_in_bytes = 0,
           queued_out_bytes = 0, queued_in_items = 0;
};

class EngineImpl;

class Engine {
 public:
  explicit Engine(Host& host);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Tells the time. Call it first in every turn; all below happens at that time.
  void SetNow(TimeUs now);
  // A packet has arrived (without its UDP header). Anything may be in it.
  void Input(const PacketRoute& from, Bytes packet);
  // Runs what is due. NextDeadline: when to call again, kNever if there is no timer.
  void RunTimers();
  TimeUs NextDeadline() const;
  // Sends what this turn has given reason to: acknowledgements and data, bundled. `turn_ends` false: the application is about to
  // run, so an acknowledgement that could travel with its answer waits for the Flush after it.
  void Flush(bool turn_ends = true);
  bool NeedsFlush() const;
  // There is room for sends that wait, and not all of them have been told: a further Flush does.
  bool OwesSendRoom() const;

  // EADDRINUSE if another socket has this carrier and port.
  int Open(const OpenParams& params, SocketId* socket);
  // Accepts associations from others, or with a backlog of 0 no longer does. At a one-to-one socket one more than the backlog may wait for
  // Accept, as on Linux; at others only its being 0 matters.
  int Listen(SocketId socket, uint32_t backlog);
  // Starts an association. `watch`: its first association change comes as kConnectResult, past queue and credit.
  // EISCONN, EALREADY, EADDRNOTAVAIL (peeled off), EINVAL.
  int Connect(SocketId socket, std::span<const IpAddress> addresses, uint16_t port, bool watch, AssocId* assoc);
  // The change that `watch` asked for comes as an ordinary item after all.
  void Unwatch(SocketId socket, AssocId assoc);
  // Queues one message. EAGAIN: the association's send buffer is full, kWritable will come. EPIPE, ESHUTDOWN, EINVAL, EMSGSIZE (SD-10).
  int Send(SocketId socket, const SendParams& params, Bytes data);
  // A new one-to-one socket for one association, with what is queued for it (PO-7). Credit of the new socket is 0.
  int PeelOff(SocketId socket, AssocId assoc, SocketId* peeled);
  // The oldest association that has come to a listening one-to-one socket, as a socket of its own. Its credit is 0. EAGAIN: there is none,
  // kAcceptable will come. EINVAL: not listening. EOPNOTSUPP: one-to-many.
  int Accept(SocketId socket, SocketId* accepted);
  // Ends the socket: the id is dead at once, nothing more is delivered. Its associations shut down gracefully, or are aborted if
  // `abort`, linger {1, 0} or unread data say so (CL-7, CL-9, CL-10).
  int Close(SocketId socket, bool abort);
  // Sends an ABORT for every association there is, and forgets them: the environment ends now.
  void AbortAll();

  // How many items may be delivered, and how many bytes of payload; the item that uses up the bytes is delivered whole. 0 is passive.
  // Takes effect at once, in the middle of a batch too.
  void SetCredit(SocketId socket, uint32_t items, uint32_t bytes = kUnlimitedCredit);
  uint32_t credit(SocketId socket) const;
  // Delivers queued items up to credit and room. Call it after SetCredit and when Deliver has room again.
  void Drain(SocketId socket);
  // Sockets whose items Deliver refused; each wants a Drain.
  bool HasBlockedSockets() const;
  void DrainBlocked();

  int SetOption(SocketId socket, Option option, AssocId assoc, std::span<const uint32_t> values);
  int GetOption(SocketId socket, Option option, AssocId assoc, std::vector<uint32_t>* values) const;
  // The id of the association with that peer, 0 if none.
  AssocId FindAssociation(SocketId socket, const IpAddress& peer, uint16_t port) const;
  int PeerNames(SocketId socket, AssocId assoc, std::vector<PeerName>* names) const;
  // Where packets of an association come to; of the only one of a one-to-one socket if `assoc` is 0.
  int LocalName(SocketId socket, AssocId assoc, IpAddress* address) const;
  // How many associations still use this carrier, closed sockets' included: it may be closed at 0.
  size_t AssociationsOn(CarrierId carrier) const;
  // What says how long the associations of closed sockets are worth waiting for: a number that changes whenever one of them comes nearer to
  // its end, and whether one of them lingers for a time that the user has set.
  uint64_t ClosingProgress() const;
  bool HasLingering() const;
  // Bytes that the socket holds: received and not delivered, sent and not acknowledged.
  void QueuedBytes(SocketId socket, size_t* in, size_t* out) const;
  const Stats& stats() const;

 private:
  std::unique_ptr<EngineImpl> impl_;
};

}  // namespace mailport::sctp
