// Plain values that the engine and its host exchange: identifiers, addresses, times, and the items that a socket delivers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace mailport::sctp {

using TimeUs = uint64_t;      // Monotonic microseconds; the host's clock, never read in here.
using SocketId = uint32_t;    // Never reused within an engine; 0 names none.
using AssocId = uint32_t;     // Engine-wide counter from 3 on, so that 0, 1 and 2 never name an association (EV-20).
using CarrierId = uint32_t;   // The host's name for a UDP socket that packets travel on.
using Bytes = std::span<const uint8_t>;

constexpr TimeUs kNever = UINT64_MAX;
constexpr uint32_t kUnlimitedCredit = UINT32_MAX;

// How many items, and how many bytes of payload, a socket may still deliver. The item that uses up the bytes is delivered whole.
struct Credit {
  uint32_t items = 0;
  uint32_t bytes = kUnlimitedCredit;

  bool IsLeft() const { return items != 0 && bytes != 0; }
  void Spend(size_t payload_bytes) {
    if (items != kUnlimitedCredit) --items;
    if (bytes != kUnlimitedCredit) bytes -= static_cast<uint32_t>(payload_bytes < bytes ? payload_bytes : bytes);
  }
};

struct IpAddress {
  uint8_t family = 0;  // 4, 6, or 0 for "no address".
  std::array<uint8_t, 16> bytes{};
  uint32_t scope_id = 0;

  bool operator==(const IpAddress&) const = default;
  bool IsAny() const {
    for (uint8_t byte : bytes)
      if (byte != 0) return false;
    return true;
  }
};

// The same address, whatever its zone: an address read from a packet's content has none.
inline bool SameHost(const IpAddress& a, const IpAddress& b) { return a.family == b.family && a.bytes == b.bytes; }

// The way of one packet. `local` may be "no address": the kernel then chooses the source.
struct PacketRoute {
  CarrierId carrier = 0;
  IpAddress local;
  IpAddress remote;
  uint16_t remote_udp_port = 0;

  bool operator==(const PacketRoute&) const = default;
};

// An association's peer, for look-ups of names.
struct PeerName {
  AssocId assoc_id;
  IpAddress address;
  uint16_t port;
};

enum class ItemKind : uint8_t {
  kData = 0,
  kAssocChange = 1,
  kPeerAddrChange = 2,
  kShutdownEvent = 3,
  kAdaptation = 4,
  kRemoteError = 5,
  kSendFailed = 6,
  kPartialDelivery = 7,
  // The outcome of a watched Connect: an association change that is not queued and costs no credit (CN-8, CN-12).
  kConnectResult = 8,
  // Sends of that association that were refused with EAGAIN may be tried again; with id 0, those of all associations. Costs no credit.
  kWritable = 9,
  // Re-configuration (RFC 6525, RFC 6458 section 6.1.11 to 6.1.13).
  kStreamReset = 10,
  kAssocReset = 11,
  kStreamChange = 12,
  // An Accept that was answered with EAGAIN may be tried again. Costs no credit.
  kAcceptable = 13,
  // Everything that was sent on an association has been acknowledged (RFC 6458 section 6.1.9).
  kSenderDry = 14,
  // Keys of authenticated chunks (RFC 6458 section 6.1.8).
  kAuthentication = 15,
};

// The peer has begun to use that key; nothing of ours uses it any more; the peer authenticates nothing. Numbered as on Linux.
enum class AuthIndication : uint32_t { kNewKey = 0, kFreeKey = 1, kNoAuth = 2 };

enum class AssocState : uint32_t { kCommUp = 0, kCommLost = 1, kRestart = 2, kShutdownComp = 3, kCantAssoc = 4 };

enum class PeerAddrState : uint32_t {
  kAvailable = 0,
  kUnreachable = 1,
  kRemoved = 2,
  kAdded = 3,
  kMadePrim = 4,
  kConfirmed = 5,
};

// Flags of a message, on sending and on receiving (sinfo_flags, RFC 6458 section 5.3.2).
constexpr uint32_t kFlagUnordered = 1;
constexpr uint32_t kFlagAddrOver = 2;
constexpr uint32_t kFlagAbort = 4;
constexpr uint32_t kFlagEof = 8;
// How partial reliability limits a message (RFC 7496); the limit travels as the message's lifetime. Without a policy, a lifetime other than 0 is a limit.
constexpr uint32_t kFlagPrMask = 0x30;
constexpr uint32_t kFlagPrTtl = 0x10;
constexpr uint32_t kFlagPrRtx = 0x20;
constexpr uint32_t kFlagPrPrio = 0x30;
// The peer is to acknowledge the message without delay (RFC 7053).
constexpr uint32_t kFlagSackImmediately = 0x40;

// Bits in the `state` of a re-configuration event: whose streams, and why nothing was done.
constexpr uint32_t kResetIncoming = 1;
constexpr uint32_t kResetOutgoing = 2;
constexpr uint32_t kResetDenied = 4;
constexpr uint32_t kResetFailed = 8;

// One thing that a socket delivers. `data` is only valid during the call that hands the item over.
struct Item {
  ItemKind kind = ItemKind::kData;
  AssocId assoc_id = 0;
  // The address that data came from; for an event, the primary address of its association (MS-11).
  IpAddress peer;
  uint16_t peer_port = 0;
  // kPeerAddrChange: the address that has changed.
  IpAddress changed;
  uint16_t changed_port = 0;
  // kData and, as the original send, kSendFailed.
  uint32_t stream = 0;
  uint32_t ssn = 0;
  uint32_t flags = 0;
  uint32_t ppid = 0;  // Host order.
  uint32_t context = 0;
  uint32_t time_to_live = 0;
  uint32_t tsn = 0;      // kAssocReset: ours.
  uint32_t cum_tsn = 0;  // kAssocReset: the peer's.
  // kAssocChange, kConnectResult: AssocState; kPeerAddrChange: PeerAddrState; kSendFailed: 1 if it was transmitted; kStreamReset, kAssocReset,
  // kStreamChange: kReset…; kAuthentication: AuthIndication.
  uint32_t state = 0;
  uint32_t error = 0;  // Cause code in host order (EV-17).
  uint32_t outbound_streams = 0;
  uint32_t inbound_streams = 0;
  uint32_t value = 0;  // kAdaptation: the indication. kAuthentication: the key's number.
  Bytes data;          // kData, kSendFailed: payload. kRemoteError: the causes as they came. kStreamReset: 16 bits a stream, host order.
};

}  // namespace mailport::sctp
