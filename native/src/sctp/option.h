// Numbers and values that users pass to a stack: options and the targets they apply to, parameters of a send, subscriptions to events. Both stacks take them,
// so this header knows nothing of the engine.
#pragma once

#include <cstdint>

#include "types.h"

namespace mailport::sctp {

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

// The outcome of several sends made in order: `count` sends were taken, and the next one failed with `error`. 0: all were taken.
struct SendsTaken {
  size_t count = 0;
  int error = 0;
  unsigned calls = 0;  // System calls that were made.
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
                         // 128 adaptation_layer 256 stream_reset 512 assoc_reset 1024 stream_change 2048 sender_dry 4096 authentication
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
  kDefaultPrinfo = 37,        // policy (PrPolicy), value: ms, retransmissions or priority. With kNone and kTtl the value is the timetolive of
                              // kDefaultSendParam
  kRemoteUdpEncapsPort = 38,  // UDP port; 0: the stack's default
  kAssocStats = 39,           // read: an address, then 15 counters of two words, higher one first, in the order of
                              // Linux's sctp_assoc_stats: from the largest RTO on (ms; the kernel's ticks on its stack)
  kPrAssocStatus = 40,        // read: messages given up by kTtl, kRtx and kPrio, each unsent and sent, of two words, the higher one first (RFC 7496
                              // section 4.4)
  // Limits of a listening socket, each 1 or more. Once its port has this many associations, peeled-off ones and calls of our own included, no further peer gets
  // one. The second limit is the same for associations with one peer address.
  kMaxAssociations = 44,
  kMaxAssociationsPerPeer = 45,
  kAssociationCounts = 46,    // read: associations that the port has, and peers that were refused one since the port was opened
  kMaxHeld = 50,              // Bytes that peers may make the socket hold, overhead included
  kHeld = 51,                 // read: bytes held, and the part of them that ended associations have left; of one association its bytes, and 0;
                              // of socket 0 the bytes of all sockets, and 0. Two words each, the higher one first
  kMaxHeldOfAll = 52,         // Set with socket 0: bytes that peers may make all sockets hold
  // The same for data that was sent and is not acknowledged. The second part of kSending is 0; of socket 0 it is the bytes of closed sockets' associations.
  kMaxSending = 53,
  kSending = 54,
  kMaxSendingOfAll = 55,
  kFragmentInterleave = 60,     // 0 | 1: parts of several messages may be delivered by turns (RFC 6458 section 8.1.20). Linux takes any other level for 1
  kInterleavingSupported = 61,  // 0 | 1: I-DATA (RFC 8260 section 4.3.1); 1 makes kFragmentInterleave 1, and that one's 0 makes this 0
  kStreamScheduler = 62,        // Scheduler (RFC 8260 section 4.3.2). Setting it makes all streams' values 0
  kStreamSchedulerValue = 63,   // stream, value: a priority, the lowest first, or a weight (RFC 8260 section 4.3.3). The key says which stream is read
  // Authenticated chunks (RFC 4895, RFC 6458 section 8.3). EACCES unless kAuthSupported is 1, or with an association unless both ends have it.
  kAuthSupported = 70,      // 0 | 1: offered to the peers of future associations; read with an association, whether it has it
  kAuthChunk = 71,          // set: chunk types, added to those that peers of future associations have to authenticate
  kHmacIdent = 72,          // HMAC identifiers that such peers may use (1: SHA-1, 3: SHA-256), the preferred one first
  kAuthKey = 73,            // set: number, length in bytes, then the key, four bytes a word, first byte highest, filled up with 0
  kAuthActiveKey = 74,      // number
  kAuthDeleteKey = 75,      // set: number
  kAuthDeactivateKey = 76,  // set: number
  kPeerAuthChunks = 77,     // read: chunk types that the peer wants authenticated
  kLocalAuthChunks = 78,    // read: chunk types that the peer has to authenticate
  kCongestionControl = 56,  // CongestionControl, of all paths
  kBusyPoll = 132,          // microseconds for which the loop looks without sleep, 0: none. The addon keeps it, as for sockets of TCP and UDP
  kAsconfSupported = 80,    // 0 | 1: changes of addresses (RFC 5061), as kAuthSupported, without which they are not offered
};
// An address in words: family, words 0..3 (IPv4 in word 0), port, scope id.

// Limits of all sockets together, which are set with socket 0.
inline bool IsOfAll(Option option) { return option == Option::kMaxHeldOfAll || option == Option::kMaxSendingOfAll; }
// Limits that only this engine keeps.
inline bool IsOfEmbeddedStack(Option option) {
  return option == Option::kMaxAssociations || option == Option::kMaxAssociationsPerPeer || option == Option::kMaxSending ||
         option == Option::kCongestionControl;
}

// The target of an option: the endpoint and its future associations, one association or its stream, or one address of a peer. An address of family 0, or the any address,
// counts as no address. With an address and no id, the association is the one that has the address.
struct OptionKey {
  AssocId assoc = 0;
  IpAddress address;
  uint16_t port = 0;
  uint16_t stream = 0;  // kStreamSchedulerValue is read for that one.

  bool HasAddress() const { return address.family != 0 && !address.IsAny(); }
};

// Partial reliability (RFC 7496), numbered as in kDefaultPrinfo.
enum class PrPolicy : uint32_t { kNone = 0, kTtl = 1, kRtx = 2, kPrio = 3 };
// The same in the flags of a send: kFlagPr…
constexpr uint32_t PrFlags(PrPolicy policy) { return static_cast<uint32_t>(policy) * kFlagPrTtl; }
constexpr PrPolicy PrPolicyIn(uint32_t flags) { return static_cast<PrPolicy>((flags & kFlagPrMask) / kFlagPrTtl); }

// Stream schedulers (RFC 8260 section 3), numbered as on Linux. Linux does not have the last one.
enum class Scheduler : uint32_t { kFirstCome = 0, kPriority = 1, kRoundRobin = 2, kFairCapacity = 3, kWeighted = 4, kRoundRobinPerPacket = 5 };

// How much may be on its way (congestion.h).
enum class CongestionControl : uint32_t { kRfc9260 = 0, kCubic = 1, kBbr = 2 };

// Subscription bits, in the order of Option::kEvents.
constexpr uint32_t kEventDataIo = 1;
constexpr uint32_t kEventAssociation = 2;
constexpr uint32_t kEventAddress = 4;
constexpr uint32_t kEventSendFailure = 8;
constexpr uint32_t kEventPeerError = 16;
constexpr uint32_t kEventShutdown = 32;
constexpr uint32_t kEventPartialDelivery = 64;
constexpr uint32_t kEventAdaptation = 128;
constexpr uint32_t kEventStreamReset = 256;
constexpr uint32_t kEventAssocReset = 512;
constexpr uint32_t kEventStreamChange = 1024;
constexpr uint32_t kEventSenderDry = 2048;
constexpr uint32_t kEventAuthentication = 4096;
constexpr uint32_t kReconfigEvents = kEventStreamReset | kEventAssocReset | kEventStreamChange;
constexpr uint32_t kDefaultEvents = 127;  // EV-1: all but adaptation.

}  // namespace mailport::sctp
