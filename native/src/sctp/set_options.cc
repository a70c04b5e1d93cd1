// Setting options; reading is in read_options.cc.
#include "option_access.h"

#include <algorithm>
#include <cerrno>

#include "association.h"
#include "auth_options.h"
#include "fixed_options.h"
#include "scheduling_options.h"
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

// A number counts with its flag only (RFC 6458 section 8.1.12). False: the flags contradict each other.
bool ChangePath(PathOptions& path, std::span<const uint32_t> values) {
  const uint32_t flags = values[4];
  if (!BothOrOut(flags, kHbEnable, kHbDisable, &path.heartbeats)) return false;
  if (!BothOrOut(flags, kPmtudEnable, kPmtudDisable, &path.mtu_discovery)) return false;
  if (!BothOrOut(flags, kSackDelayEnable, kSackDelayDisable, &path.delay_sacks)) return false;
  if ((flags & kHbEnable) != 0 && values[0] != 0) path.heartbeat_interval_ms = values[0];
  if (values[1] != 0) path.max_retransmissions = values[1];
  if ((flags & kPmtudDisable) != 0 && values[2] != 0) path.mtu = values[2];
  if ((flags & kSackDelayEnable) != 0 && values[3] != 0) path.sack_delay_ms = values[3];
  return true;
}

// For one path; for an association, its paths of now and to come; or for associations to come. What is not given stays as it is on each path.
int SetPeerAddrParams(const OptionTarget& target, AssocOptions& options, std::span<const uint32_t> values) {
  const bool demands = (values[4] & kHbDemand) != 0;
  if (demands && target.association == nullptr) return EINVAL;
  if (values[3] > kMaxSackDelayMs || (values[2] != 0 && values[2] < kMinPathMtuBytes)) return EINVAL;
  PathOptions changed = *options.path;
  if (!ChangePath(changed, values)) return EINVAL;
  bool other_heartbeats = false;
  const auto change = [&](Path& path) {
    const PathOptions before = *path.options;
    ChangePath(path.options.Edit(), values);
    path.options.Rejoin(options.path);
    other_heartbeats |= path.options->heartbeats != before.heartbeats || path.options->heartbeat_interval_ms != before.heartbeat_interval_ms;
  };
  if (target.path != nullptr) {
    change(*target.path);
  } else {
    options.path = Shared<PathOptions>(changed);
    if (target.association != nullptr) target.association->paths().ForEach(change);
  }
  if (other_heartbeats) target.association->RestartHeartbeats();
  if (demands) target.association->DemandHeartbeat(target.path);
  return 0;
}

// For associations to come, or for an association's paths of now and to come.
template <typename Change>
void ChangePaths(const OptionTarget& target, AssocOptions& options, Change change) {
  change(options.path.Edit());
  if (target.association == nullptr) return;
  target.association->paths().ForEach([&](Path& path) {
    change(path.options.Edit());
    path.options.Rejoin(options.path);
  });
}

int SetCongestionControl(const OptionTarget& target, AssocOptions& options, uint32_t value) {
  if (value > static_cast<uint32_t>(CongestionControl::kBbr)) return EINVAL;
  const auto control = static_cast<CongestionControl>(value);
  ChangePaths(target, options, [control](PathOptions& path) { path.congestion = control; });
  return 0;
}

// RFC 6458 section 8.1.19. Of an association it is for all paths.
int SetDelayedAck(const OptionTarget& target, AssocOptions& options, uint32_t delay_ms) {
  if (delay_ms > kMaxSackDelayMs) return EINVAL;
  ChangePaths(target, options, [delay_ms](PathOptions& path) {
    path.sack_delay_ms = delay_ms;
    path.delay_sacks = delay_ms != 0;
  });
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

int SetDefaultPrinfo(SendDefaults& defaults, std::span<const uint32_t> values) {
  if (values[0] > static_cast<uint32_t>(PrPolicy::kPrio)) return EINVAL;
  defaults.policy = static_cast<PrPolicy>(values[0]);
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
    case Option::kCongestionControl:
    case Option::kDelayedAck:
    case Option::kRecbuf:
    case Option::kSndbuf:
    case Option::kRemoteUdpEncapsPort:
    case Option::kPrSupported:
    case Option::kReconfigSupported:
    case Option::kEnableStreamReset:
    case Option::kMaxAssociations:
    case Option::kMaxAssociationsPerPeer:
    case Option::kMaxHeld:
    case Option::kMaxSending:
      return 1;
    default:
      return 0;
  }
}

int SetAssocOption(AssocOptions& options, const OptionTarget& target, Option option, std::span<const uint32_t> values) {
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
      return SetPeerAddrParams(target, options, values);
    case Option::kDefaultSendParam:
      // The policy stays: it applies to the new lifetime.
      options.defaults = {values[0], values[1], values[2], values[3], values[4], options.defaults.policy};
      return 0;
    case Option::kDefaultPrinfo:
      return SetDefaultPrinfo(options.defaults, values);
    case Option::kDelayedAck:
      return SetDelayedAck(target, options, values[0]);
    case Option::kCongestionControl:
      return SetCongestionControl(target, options, values[0]);
    case Option::kEnableStreamReset:
      if ((values[0] & ~(kMayResetStreams | kMayRestart | kMayAddStreams)) != 0) return EINVAL;
      options.stream_reset = values[0];
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

int SetSocketOption(Socket& socket, const OptionTarget& target, Option option, std::span<const uint32_t> values) {
  Association* const association = target.association;
  if (IsFixedOption(option)) return SetFixedOption(option, values);
  if (IsSchedulingOption(option)) return SetSchedulingOption(socket, association, option, values);
  if (IsAuthOption(option)) return SetAuthOption(socket, association, option, values);
  if (option == Option::kSetPeerPrimary) {
    if (association == nullptr) return socket.options.offers_asconf ? EINVAL : EPERM;
    return association->SetPeerPrimary(target.own_address);
  }
  if (option == Option::kPrimaryAddr) {
    if (target.path == nullptr) return EINVAL;
    association->SetPrimary(*target.path);
    return 0;
  }
  const size_t words = WordsToSet(option);
  if (words == 0 || values.size() < words) return EINVAL;
  switch (option) {
    case Option::kInitMsg:
      return SetInitMsg(socket.options.init, values);
    case Option::kAdaptation:
      socket.options.adaptation = values[0];
      return 0;
    case Option::kPrSupported:
      // As on Linux: future associations offer it, or not, whichever association is named.
      socket.options.partial_reliability = values[0] != 0;
      return 0;
    case Option::kReconfigSupported:
      socket.options.reconfig = values[0] != 0;  // Likewise.
      return 0;
    case Option::kEvents:
      socket.options.events = values[0];
      return 0;
    case Option::kRemoteUdpEncapsPort:
      if (values[0] > UINT16_MAX || (association != nullptr && values[0] == 0)) return EINVAL;
      if (target.path != nullptr)
        target.path->route.remote_udp_port = static_cast<uint16_t>(values[0]);
      else if (association != nullptr)
        association->paths().ForEach([&](Path& path) { path.route.remote_udp_port = static_cast<uint16_t>(values[0]); });
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
      for (Association* const other : socket.associations()) other->OnWindowChanged();
      return 0;
    case Option::kSndbuf:
      socket.options.send_buffer_bytes = std::max(values[0], kMinSndbufBytes);
      for (Association* const other : socket.associations()) other->TellRoom();
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
    const int error = SetAssocOption(association->options.Edit(), target, option, values);
    association->options.Rejoin(socket.options.assoc);
    if (error == 0 && option != Option::kDefaultSendParam && option != Option::kDefaultPrinfo && option != Option::kEnableStreamReset) association->ApplyOptions();
    return error;
  }
  const int error = SetAssocOption(socket.options.assoc.Edit(), {}, option, values);
  if (error != 0 || !whole_socket) return error;
  for (Association* const other : socket.associations()) {
    SetAssocOption(other->options.Edit(), {.association = other}, option, values);
    other->options.Rejoin(socket.options.assoc);
    other->ApplyOptions();
  }
  return 0;
}

}  // namespace mailport::sctp
