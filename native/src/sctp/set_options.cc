// Setting options; reading is in read_options.cc.
#include "option_access.h"

#include <algorithm>
#include <cerrno>

#include "association.h"
#include "fixed_options.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

constexpr uint32_t kMaxAutocloseS = 8589934;  // As Linux clamps it (SO-18).
constexpr uint32_t kMaxSackDelayMs = 500;
// As on Linux (sctp_setsockopt_maxseg): the payload of a packet of 512 bytes, behind the headers of IP, SCTP and DATA; and the longest chunk.
constexpr uint32_t kMinSegmentBytesIpv4 = 464;
constexpr uint32_t kMinSegmentBytesIpv6 = 444;
constexpr uint32_t kMaxSegmentBytes = 65516;
constexpr uint32_t kMinPathMtuBytes = 512;
constexpr uint32_t kMinRecbufBytes = 2304;
constexpr uint32_t kMinSndbufBytes = 4608;
constexpr uint32_t kMinHeldBytes = 65536;

bool BothOrOut(uint32_t flags, uint32_t on, uint32_t off, bool* value) {
  if ((flags & on) != 0 && (flags & off) != 0) return false;
  if ((flags & on) != 0) *value = true;
  if ((flags & off) != 0) *value = false;
  return true;
}

int SetPeerAddrParams(Association* association, AssocOptions& options, std::span<const uint32_t> values) {
  const uint32_t flags = values[4];
  AssocOptions changed = options;
  if (!BothOrOut(flags, kHbEnable, kHbDisable, &changed.heartbeats)) return EINVAL;
  if (!BothOrOut(flags, kPmtudEnable, kPmtudDisable, &changed.path_mtu_discovery)) return EINVAL;
  if (!BothOrOut(flags, kSackDelayEnable, kSackDelayDisable, &changed.delay_sacks)) return EINVAL;
  if ((flags & kHbDemand) != 0 && association == nullptr) return EINVAL;
  if (values[3] > kMaxSackDelayMs || (values[2] != 0 && values[2] < kMinPathMtuBytes)) return EINVAL;
  // A number counts with its flag only (RFC 6458 section 8.1.12).
  if ((flags & kHbEnable) != 0 && values[0] != 0) changed.heartbeat_interval_ms = values[0];
  if (values[1] != 0) changed.path_max_retransmissions = values[1];
  if ((flags & kPmtudDisable) != 0 && values[2] != 0) changed.path_mtu = values[2];
  if ((flags & kSackDelayEnable) != 0 && values[3] != 0) changed.sack_delay_ms = values[3];
  const bool other_heartbeats =
      changed.heartbeats != options.heartbeats || changed.heartbeat_interval_ms != options.heartbeat_interval_ms;
  options = changed;
  if (association != nullptr && other_heartbeats) association->RestartHeartbeats();
  if ((flags & kHbDemand) != 0) association->DemandHeartbeat();
  return 0;
}

bool IsSegmentSize(uint32_t bytes, uint8_t family) {
  return bytes == 0 || (bytes >= (family == 6 ? kMinSegmentBytesIpv6 : kMinSegmentBytesIpv4) && bytes <= kMaxSegmentBytes);
}

int SetInitMsg(InitMsg& init, std::span<const uint32_t> values) {
  if (values[0] > UINT16_MAX || values[1] > UINT16_MAX || values[2] > UINT16_MAX || values[3] > UINT16_MAX) return EINVAL;
  if (values[0] != 0) init.outbound_streams = values[0];
  if (values[1] != 0) init.max_inbound_streams = values[1];
  if (values[2] != 0) init.max_attempts = values[2];
  if (values[3] != 0) init.max_timeout_ms = values[3];
  return 0;
}

// A lifetime is the only limit that this engine has for a message.
int SetDefaultPrinfo(SendDefaults& defaults, std::span<const uint32_t> values) {
  if (values[0] > static_cast<uint32_t>(PrPolicy::kTtl)) return values[0] > static_cast<uint32_t>(PrPolicy::kPrio) ? EINVAL : ENOTSUP;
  defaults.limits_lifetime = values[0] != 0;
  defaults.time_to_live_ms = values[1];
  return 0;
}

// How many words a setting needs; 0: it cannot be set.
size_t WordsToSet(Option option) {
  switch (option) {
    case Option::kRtoInfo:
      return 3;
    case Option::kInitMsg:
      return 4;
    case Option::kAssocInfo:
    case Option::kPeerAddrParams:
    case Option::kDefaultSendParam:
      return 5;
    case Option::kLinger:
    case Option::kDefaultPrinfo:
      return 2;
    case Option::kAutoclose:
    case Option::kNodelay:
    case Option::kDisableFragments:
    case Option::kMaxSeg:
    case Option::kAdaptation:
    case Option::kEvents:
    case Option::kDelayedAck:
    case Option::kRecbuf:
    case Option::kSndbuf:
    case Option::kRemoteUdpEncapsPort:
    case Option::kMaxAssociations:
    case Option::kMaxAssociationsPerPeer:
    case Option::kMaxHeld:
    case Option::kMaxSending:
      return 1;
    default:
      return 0;
  }
}

int SetAssocOption(AssocOptions& options, Association* association, Option option, std::span<const uint32_t> values) {
  switch (option) {
    case Option::kRtoInfo:
      if (values[2] != 0 && values[1] != 0 && values[2] > values[1]) return EINVAL;
      if (values[0] != 0) options.rto.initial_ms = values[0];
      if (values[1] != 0) options.rto.max_ms = values[1];
      if (values[2] != 0) options.rto.min_ms = values[2];
      return 0;
    case Option::kAssocInfo:
      if (values[0] != 0) options.max_retransmissions = values[0];
      if (values[4] != 0) options.cookie_life_ms = values[4];
      return 0;
    case Option::kAutoclose:
      options.autoclose_s = std::min(values[0], kMaxAutocloseS);
      return 0;
    case Option::kNodelay:
      options.nodelay = values[0] != 0;
      return 0;
    case Option::kDisableFragments:
      options.disable_fragments = values[0] != 0;
      return 0;
    case Option::kMaxSeg:
      options.max_segment_bytes = values[0];
      return 0;
    case Option::kPeerAddrParams:
      return SetPeerAddrParams(association, options, values);
    case Option::kDefaultSendParam:
      // The policy stays: it applies to the new lifetime.
      options.defaults = {values[0], values[1], values[2], values[3], values[4], options.defaults.limits_lifetime};
      return 0;
    case Option::kDefaultPrinfo:
      return SetDefaultPrinfo(options.defaults, values);
    case Option::kDelayedAck:
      if (values[0] > kMaxSackDelayMs) return EINVAL;
      options.sack_delay_ms = values[0];
      options.delay_sacks = values[0] != 0;
      return 0;
    default:
      return EINVAL;
  }
}

}  // namespace

int SetMaxHeld(Charges& charges, std::span<const uint32_t> values) {
  if (values.size() != 1 || values[0] < kMinHeldBytes) return EINVAL;
  charges.SetLimit(values[0]);
  return 0;
}

bool HasAutoclose(const Socket& socket) { return socket.peeled || !socket.params.one_to_one; }

int SetSocketOption(Socket& socket, Association* association, Option option, std::span<const uint32_t> values) {
  if (IsFixedOption(option)) return SetFixedOption(option, values);
  // The one address that a peer has is its primary one.
  if (option == Option::kPrimaryAddr) return association != nullptr ? 0 : EINVAL;
  const size_t words = WordsToSet(option);
  if (words == 0 || values.size() < words) return EINVAL;
  switch (option) {
    case Option::kInitMsg:
      return SetInitMsg(socket.options.init, values);
    case Option::kAdaptation:
      socket.options.adaptation = values[0];
      return 0;
    case Option::kEvents:
      // This engine never causes one of these events.
      if ((values[0] & kReconfigEvents) != 0) return ENOTSUP;
      socket.options.events = values[0];
      return 0;
    case Option::kRemoteUdpEncapsPort:
      if (values[0] > UINT16_MAX || (association != nullptr && values[0] == 0)) return EINVAL;
      if (association != nullptr)
        association->SetRemoteUdpPort(static_cast<uint16_t>(values[0]));
      else
        socket.options.remote_udp_port = static_cast<uint16_t>(values[0]);
      return 0;
    case Option::kMaxAssociations:
    case Option::kMaxAssociationsPerPeer:
      if (values[0] == 0) return EINVAL;
      (option == Option::kMaxAssociations ? socket.options.max_associations : socket.options.max_associations_per_peer) = values[0];
      return 0;
    case Option::kMaxHeld:
      return SetMaxHeld(socket.charges, values);
    case Option::kMaxSending:
      socket.core.NoteSendRoom();
      return SetMaxHeld(socket.sends, values);
    case Option::kLinger:
      socket.options.linger = values[0] != 0;
      socket.options.linger_s = values[0] != 0 ? values[1] : 0;
      return 0;
    case Option::kRecbuf:
      socket.options.receive_buffer_bytes = std::max(values[0], kMinRecbufBytes);
      for (const auto& [id, other] : socket.associations()) other->OnWindowChanged();
      return 0;
    case Option::kSndbuf:
      socket.options.send_buffer_bytes = std::max(values[0], kMinSndbufBytes);
      for (const auto& [id, other] : socket.associations()) other->TellRoom();
      return 0;
    case Option::kAutoclose:
      if (!HasAutoclose(socket)) return EINVAL;
      break;
    case Option::kMaxSeg:
      if (!IsSegmentSize(values[0], socket.params.family)) return EINVAL;
      break;
    default:
      break;
  }
  // Nodelay and its like are the socket's, and present associations follow. The other parameters apply to future associations, or with an id to one (SO-8).
  const bool whole_socket = option == Option::kNodelay || option == Option::kDisableFragments || option == Option::kMaxSeg;
  if (association != nullptr && !whole_socket) {
    const int error = SetAssocOption(association->options, association, option, values);
    if (error == 0 && option != Option::kDefaultSendParam && option != Option::kDefaultPrinfo) association->ApplyOptions();
    return error;
  }
  const int error = SetAssocOption(socket.options.assoc, nullptr, option, values);
  if (error != 0 || !whole_socket) return error;
  for (const auto& [id, other] : socket.associations()) {
    SetAssocOption(other->options, other, option, values);
    other->ApplyOptions();
  }
  return 0;
}

}  // namespace mailport::sctp
