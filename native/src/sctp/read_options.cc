// Reading options.
#include <algorithm>
#include <array>
#include <cerrno>

#include "association.h"
#include "auth_options.h"
#include "endpoint.h"
#include "fixed_options.h"
#include "option_access.h"
#include "scheduling_options.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;

uint32_t Millis(TimeUs us) { return static_cast<uint32_t>(us / kMicrosPerMilli); }

void PushAddress(const IpAddress& address, uint16_t port, std::vector<uint32_t>* values) {
  values->push_back(address.family);
  for (size_t word = 0; word < 4; ++word) values->push_back(Load32(&address.bytes[word * 4]));
  values->push_back(port);
  values->push_back(address.scope_id);
}

// As kPeerAddrInfo numbers it. As on Linux, a path that may have failed counts as active.
uint32_t StateOf(const Path& path) {
  constexpr uint32_t kInactive = 0, kActive = 1, kUnconfirmed = 2;
  if (!path.confirmed) return kUnconfirmed;
  return path.active ? kActive : kInactive;
}

void PushPath(const Association& association, const Path& path, std::vector<uint32_t>* values) {
  values->push_back(StateOf(path));
  values->push_back(static_cast<uint32_t>(std::min<size_t>(path.cwnd(), UINT32_MAX)));
  values->push_back(Millis(path.srtt()));
  values->push_back(Millis(path.rto()));
  values->push_back(static_cast<uint32_t>(path.max_packet_bytes + path.header_bytes()));
  PushAddress(path.route.remote, association.peer().port, values);
  values->push_back(association.id);
}

// Of an address, of an association (with the path MTU of its primary path), or of associations to come.
void PushPeerAddrParams(const OptionTarget& target, const AssocOptions& options, std::vector<uint32_t>* values) {
  const PathOptions& of = target.path != nullptr ? *target.path->options : *options.path;
  const Path* path = target.path == nullptr && target.association != nullptr ? &target.association->path() : target.path;
  uint32_t mtu = of.mtu_discovery ? 0 : of.mtu;
  if (path != nullptr && mtu == 0) mtu = static_cast<uint32_t>(path->max_packet_bytes + path->header_bytes());
  *values = {of.heartbeat_interval_ms, of.max_retransmissions, mtu, of.sack_delay_ms,
             (of.heartbeats ? kHbEnable : kHbDisable) | (of.mtu_discovery ? kPmtudEnable : kPmtudDisable) |
                 (of.delay_sacks ? kSackDelayEnable : kSackDelayDisable)};
}

// Two words each, the higher one first.
void PushLong(std::span<const uint64_t> numbers, std::vector<uint32_t>* values) {
  for (const uint64_t number : numbers) {
    values->push_back(static_cast<uint32_t>(number >> 32));
    values->push_back(static_cast<uint32_t>(number));
  }
}

// In the order of Linux's sctp_assoc_stats.
void PushCounters(const Association& association, std::vector<uint32_t>* values) {
  const AssocCounters& c = association.counters();
  TimeUs largest_rto = 0;
  association.paths().ForEach([&](const Path& path) { largest_rto = std::max(largest_rto, path.largest_rto()); });
  const uint64_t counters[] = {Millis(largest_rto),
                               c.sacks_in,
                               c.sacks_out,
                               c.packets_out,
                               c.packets_in,
                               c.rare->retransmitted_chunks,
                               c.rare->out_of_sequence_chunks,
                               c.rare->duplicate_chunks,
                               c.rare->gaps_reported,
                               c.rare->unordered_chunks_out,
                               c.rare->unordered_chunks_in,
                               c.ordered_chunks_out,
                               c.ordered_chunks_in,
                               c.control_chunks_out,
                               c.control_chunks_in};
  PushLong(counters, values);
}

}  // namespace

void PushHeld(size_t held, size_t ended, std::vector<uint32_t>* values) {
  PushLong(std::array<uint64_t, 2>{held, ended}, values);
}

int GetSocketOption(const Socket& socket, const OptionTarget& target, Option option, std::vector<uint32_t>* values) {
  const Association* const association = target.association;
  const Path* const path = target.path != nullptr || association == nullptr ? target.path : &association->path();
  const AssocOptions& options = association != nullptr ? *association->options : *socket.options.assoc;
  values->clear();
  if (IsFixedOption(option)) return GetFixedOption(option, values);
  if (IsSchedulingOption(option)) return GetSchedulingOption(socket, association, option, target.stream, values);
  if (IsAuthOption(option)) return GetAuthOption(socket, association, option, values);
  switch (option) {
    case Option::kRtoInfo:
      *values = {options.rto.initial_ms, options.rto.max_ms, options.rto.min_ms};
      return 0;
    case Option::kAssocInfo:
      *values = {options.max_retransmissions, 0, 0, 0, options.cookie_life_ms};
      if (association != nullptr) {
        (*values)[1] = static_cast<uint32_t>(association->paths().size());
        (*values)[2] = association->outbound().peer_window();
        (*values)[3] = association->inbound().AdvertisedWindow();
      }
      return 0;
    case Option::kInitMsg:
      *values = {socket.options.init.outbound_streams, socket.options.init.max_inbound_streams, socket.options.init.max_attempts,
                 socket.options.init.max_timeout_ms};
      return 0;
    case Option::kAutoclose:
      if (!HasAutoclose(socket)) return EINVAL;
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
    case Option::kPeerAddrParams:
      PushPeerAddrParams(target, options, values);
      return 0;
    case Option::kDefaultSendParam:
      *values = {options.defaults.stream, options.defaults.flags, options.defaults.ppid, options.defaults.context,
                 options.defaults.time_to_live_ms};
      return 0;
    case Option::kEvents:
      *values = {socket.options.events};
      return 0;
    case Option::kCongestionControl:
      *values = {static_cast<uint32_t>(options.path->congestion)};
      return 0;
    case Option::kDelayedAck:
      *values = {options.path->delay_sacks ? options.path->sack_delay_ms : 0};
      return 0;
    case Option::kStatus:
      if (association == nullptr) return EINVAL;
      *values = {static_cast<uint32_t>(association->state()),
                 association->outbound().peer_window(),
                 static_cast<uint32_t>(association->outbound().outstanding_chunks()),
                 static_cast<uint32_t>(association->inbound().missing_chunks()),
                 association->terms().capabilities.inbound_streams,
                 association->terms().capabilities.outbound_streams,
                 static_cast<uint32_t>(association->FragmentationPoint())};
      PushPath(*association, *path, values);
      return 0;
    case Option::kPeerAddrInfo:
    case Option::kPrimaryPeer:
      if (association == nullptr) return option == Option::kPrimaryPeer ? ENOENT : EINVAL;
      PushPath(*association, *path, values);
      return 0;
    case Option::kMaxHeld:
      *values = {static_cast<uint32_t>(socket.charges.limit())};
      return 0;
    case Option::kMaxSending:
      *values = {static_cast<uint32_t>(socket.sends.limit())};
      return 0;
    case Option::kSending:
      PushHeld(association != nullptr ? association->ledger().charged_sends() : socket.sends.held(), 0, values);
      return 0;
    case Option::kHeld:
      PushHeld(association != nullptr ? association->ledger().held_bytes() : socket.charges.held(), association != nullptr ? 0 : socket.ended_bytes(), values);
      return 0;
    case Option::kMaxAssociations:
      *values = {socket.options.max_associations};
      return 0;
    case Option::kMaxAssociationsPerPeer:
      *values = {socket.options.max_associations_per_peer};
      return 0;
    case Option::kAssociationCounts:
      *values = {static_cast<uint32_t>(socket.endpoint.peers.size()), socket.endpoint.refused()};
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
    case Option::kPrimaryAddr:
    case Option::kAssocStats:
      if (association == nullptr) return EINVAL;
      PushAddress(association->path().route.remote, association->peer().port, values);
      if (option == Option::kAssocStats) PushCounters(*association, values);
      return 0;
    case Option::kDefaultPrinfo:
      *values = {static_cast<uint32_t>(options.defaults.policy), options.defaults.time_to_live_ms};
      return 0;
    case Option::kPrSupported:
      *values = {(association != nullptr ? association->terms().capabilities : socket.OfferNow().most).partial_reliability ? 1u : 0u};
      return 0;
    case Option::kReconfigSupported:
      *values = {(association != nullptr ? association->terms().capabilities.reconfig : socket.options.reconfig) ? 1u : 0u};
      return 0;
    case Option::kEnableStreamReset:
      *values = {options.stream_reset};
      return 0;
    case Option::kPrAssocStatus:
      if (association == nullptr) return EINVAL;
      for (const AssocCounters::GivenUp& each : association->counters().rare->given_up) PushLong(std::array{each.unsent, each.sent}, values);
      return 0;
    case Option::kRemoteUdpEncapsPort:
      *values = {path != nullptr ? path->route.remote_udp_port : socket.options.remote_udp_port};
      return 0;
    case Option::kSetPeerPrimary:
      return ENOTSUP;
    default:
      return EINVAL;  // kStats is answered by the engine, options of the descriptor by the host.
  }
}

}  // namespace mailport::sctp
