#include "options.h"

#include <algorithm>
#include <cerrno>

#include "association.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

constexpr uint32_t kMaxAutocloseS = 8589934;  // As Linux clamps it (SO-18).
constexpr uint32_t kMaxSackDelayMs = 500;
constexpr uint32_t kMinSegmentBytes = 511;
constexpr uint32_t kMaxSegmentBytes = 65515;
constexpr uint32_t kMinRecbufBytes = 2304;
constexpr uint32_t kMinSndbufBytes = 4608;
constexpr TimeUs kMicrosPerMilli = 1000;
constexpr size_t kUdpIpv4Overhead = 28;
constexpr size_t kUdpIpv6Overhead = 48;

// Flags of kPeerAddrParams.
constexpr uint32_t kHbEnable = 1, kHbDisable = 2, kHbDemand = 4, kPmtudEnable = 8, kPmtudDisable = 16, kSackDelayEnable = 32,
                   kSackDelayDisable = 64;

uint32_t Millis(TimeUs us) { return static_cast<uint32_t>(us / kMicrosPerMilli); }

void PushAddress(const IpAddress& address, uint16_t port, std::vector<uint32_t>* values) {
  values->push_back(address.family);
  for (size_t word = 0; word < 4; ++word) values->push_back(Load32(&address.bytes[word * 4]));
  values->push_back(port);
}

void PushPath(const Association& association, std::vector<uint32_t>* values) {
  const Path& path = association.path();
  const size_t overhead = path.route.remote.family == 6 ? kUdpIpv6Overhead : kUdpIpv4Overhead;
  values->push_back(path.active ? 1 : 0);
  values->push_back(static_cast<uint32_t>(std::min<size_t>(path.cwnd(), UINT32_MAX)));
  values->push_back(Millis(path.srtt()));
  values->push_back(Millis(path.rto()));
  values->push_back(static_cast<uint32_t>(path.max_packet_bytes + overhead));
  PushAddress(association.peer().address, association.peer().port, values);
}

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
  if (values[3] > kMaxSackDelayMs) return EINVAL;
  if (values[0] != 0) changed.heartbeat_interval_ms = values[0];
  if (values[1] != 0) changed.path_max_retransmissions = values[1];
  if ((flags & kPmtudDisable) != 0 && values[2] != 0) changed.path_mtu = values[2];
  if (values[3] != 0) changed.sack_delay_ms = values[3];
  const bool other_heartbeats =
      changed.heartbeats != options.heartbeats || changed.heartbeat_interval_ms != options.heartbeat_interval_ms;
  options = changed;
  if (association != nullptr && other_heartbeats) association->RestartHeartbeats();
  if ((flags & kHbDemand) != 0) association->DemandHeartbeat();
  return 0;
}

int SetInitMsg(InitMsg& init, std::span<const uint32_t> values) {
  if (values[0] > UINT16_MAX || values[1] > UINT16_MAX || values[2] > UINT16_MAX || values[3] > UINT16_MAX) return EINVAL;
  if (values[0] != 0) init.outbound_streams = values[0];
  if (values[1] != 0) init.max_inbound_streams = values[1];
  if (values[2] != 0) init.max_attempts = values[2];
  if (values[3] != 0) init.max_timeout_ms = values[3];
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
      return 2;
    case Option::kStatus:
    case Option::kPeerAddrInfo:
    case Option::kPrimaryPeer:
    case Option::kStats:
      return 0;
    default:
      return 1;
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
      if (values[0] != 0 && (values[0] < kMinSegmentBytes || values[0] > kMaxSegmentBytes)) return EINVAL;
      options.max_segment_bytes = values[0];
      return 0;
    case Option::kPeerAddrParams:
      return SetPeerAddrParams(association, options, values);
    case Option::kDefaultSendParam:
      options.defaults = {values[0], values[1], values[2], values[3], values[4]};
      return 0;
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

int SetSocketOption(Socket& socket, Association* association, Option option, std::span<const uint32_t> values) {
  const size_t words = WordsToSet(option);
  if (words == 0 || values.size() < words) return EINVAL;
  switch (option) {
    case Option::kInitMsg:
      return SetInitMsg(socket.options.init, values);
    case Option::kAdaptation:
      socket.options.adaptation = values[0];
      return 0;
    case Option::kEvents:
      socket.options.events = values[0];
      return 0;
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
      return 0;
    case Option::kAutoclose:
      if (socket.params.one_to_one) return EINVAL;
      break;
    default:
      break;
  }
  // Nodelay and its like are the socket's: present associations follow. Parameters with an id are for the future, or for one (SO-8).
  const bool whole_socket = option == Option::kNodelay || option == Option::kDisableFragments || option == Option::kMaxSeg;
  if (association != nullptr && !whole_socket) {
    const int error = SetAssocOption(association->options, association, option, values);
    if (error == 0 && option != Option::kDefaultSendParam) association->ApplyOptions();
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

int GetSocketOption(const Socket& socket, const Association* association, Option option, std::vector<uint32_t>* values) {
  const AssocOptions& options = association != nullptr ? association->options : socket.options.assoc;
  values->clear();
  switch (option) {
    case Option::kRtoInfo:
      *values = {options.rto.initial_ms, options.rto.max_ms, options.rto.min_ms};
      return 0;
    case Option::kAssocInfo:
      *values = {options.max_retransmissions, 0, 0, 0, options.cookie_life_ms};
      if (association != nullptr) {
        (*values)[1] = 1;
        (*values)[2] = association->outbound().peer_window();
        (*values)[3] = association->inbound().AdvertisedWindow();
      }
      return 0;
    case Option::kInitMsg:
      *values = {socket.options.init.outbound_streams, socket.options.init.max_inbound_streams, socket.options.init.max_attempts,
                 socket.options.init.max_timeout_ms};
      return 0;
    case Option::kAutoclose:
      *values = {options.autoclose_s};
      return 0;
    case Option::kNodelay:
      *values = {options.nodelay ? 1u : 0u};
      return 0;
    case Option::kDisableFragments:
      *values = {options.disable_fragments ? 1u : 0u};
      return 0;
    case Option::kMaxSeg:
      *values = {options.max_segment_bytes};
      return 0;
    case Option::kAdaptation:
      *values = {socket.options.adaptation};
      return 0;
    case Option::kPeerAddrParams: {
      uint32_t mtu = options.path_mtu_discovery ? 0 : options.path_mtu;
      if (association != nullptr && mtu == 0) {
        std::vector<uint32_t> path;
        PushPath(*association, &path);
        mtu = path[4];
      }
      *values = {options.heartbeat_interval_ms, options.path_max_retransmissions, mtu, options.sack_delay_ms,
                 (options.heartbeats ? kHbEnable : kHbDisable) | (options.path_mtu_discovery ? kPmtudEnable : kPmtudDisable) |
                     (options.delay_sacks ? kSackDelayEnable : kSackDelayDisable)};
      return 0;
    }
    case Option::kDefaultSendParam:
      *values = {options.defaults.stream, options.defaults.flags, options.defaults.ppid, options.defaults.context,
                 options.defaults.time_to_live_ms};
      return 0;
    case Option::kEvents:
      *values = {socket.options.events};
      return 0;
    case Option::kDelayedAck:
      *values = {options.delay_sacks ? options.sack_delay_ms : 0};
      return 0;
    case Option::kStatus:
      if (association == nullptr) return EINVAL;
      *values = {static_cast<uint32_t>(association->state()),
                 association->outbound().peer_window(),
                 static_cast<uint32_t>(association->outbound().outstanding_chunks()),
                 static_cast<uint32_t>(association->outbound().pending_messages()),
                 association->inbound_streams(),
                 association->outbound_streams(),
                 static_cast<uint32_t>(association->FragmentBytes())};
      PushPath(*association, values);
      return 0;
    case Option::kPeerAddrInfo:
    case Option::kPrimaryPeer:
      if (association == nullptr) return option == Option::kPrimaryPeer ? ENOENT : EINVAL;
      PushPath(*association, values);
      return 0;
    case Option::kLinger:
      *values = {socket.options.linger ? 1u : 0u, socket.options.linger_s};
      return 0;
    case Option::kRecbuf:
      *values = {socket.options.receive_buffer_bytes};
      return 0;
    case Option::kSndbuf:
      *values = {socket.options.send_buffer_bytes};
      return 0;
    case Option::kStats:
      return EINVAL;  // The engine answers that one.
  }
  return EINVAL;
}

}  // namespace mailport::sctp
