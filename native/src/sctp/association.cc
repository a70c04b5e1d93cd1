// The life of an association: how it begins, and how it ends.
#include "association.h"

#include <algorithm>
#include <utility>

#include "endpoint.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

constexpr size_t kFragmentsPerWindow = 8;
constexpr size_t kMinFragmentBytes = 1200;
constexpr TimeUs kMicrosPerSecond = 1000 * 1000;
constexpr uint32_t kHeartbeatAnswered = 2;  // The error that Linux puts into addr_confirmed and addr_available (EV-19).
constexpr size_t kMaxReasonBytes = 512;     // The longest reason in an ABORT.

}  // namespace

Association::Parts::Parts(Association& association, const PacketRoute& route, size_t max_packet_bytes)
    : paths(association.core_.timers, association),
      inbound(association),
      outbound(association.core_.segments),
      sender(outbound, paths),
      acks(association.core_.timers, &association,
           [](void* owner, TimeUs) {
             Association& self = *static_cast<Association*>(owner);
             self.parts_->acks.Demand();
             self.WantTransmit();
           }),
      handshake(association, association, paths, association.core_.timers),
      shutdown(association, association, paths, association.core_.timers),
      heartbeat(association, paths) {
  paths.Add(route, max_packet_bytes, association.options.rto);
}

void Association::Parts::Stop() {
  paths.StopTimers();
  acks.Reset();
  handshake.Stop();
  shutdown.Stop();
}

Association::Association(Core& core, Endpoint& the_endpoint, Socket& socket, const PacketRoute& route, uint16_t peer_port)
    : id(core.NewAssocId()),
      options(socket.options.assoc),
      endpoint(the_endpoint),
      core_(core),
      peer_{route.remote, peer_port},
      ledger_(core, id),
      events_(id, peer_, ledger_),
      autoclose_(core.timers, this, [](void* owner, TimeUs) { static_cast<Association*>(owner)->OnAutoclose(); }) {
  parts_.emplace(*this, route, core.host.MaxPacketBytes(route.carrier, route.remote));
  ApplyOptions();
  parts_->inbound.SetWindow(socket.WindowBytes());
  endpoint.peers.Add(*this);
  ++core.associations_on[endpoint.carrier];
  ledger_.Attach(socket, *this, parts_->inbound, parts_->outbound);
}

Association::~Association() = default;

void Association::ApplyOptions() {
  parts_->paths.ForEach([&](Path& path) {
    path.SetRtoInfo(options.rto);
    const size_t known = core_.host.MaxPacketBytes(path.route.carrier, path.route.remote);
    if (options.path_mtu_discovery || options.path_mtu == 0) {
      path.SetMaxPacketBytes(known);
    } else {
      path.SetMaxPacketBytes(std::min(options.path_mtu - path.header_bytes(), known) & ~size_t{3});
    }
  });
  if (state_ == TcbState::kEstablished) {
    autoclose_.Set(options.autoclose_s, core_.now);
  } else {
    autoclose_.Stop();
  }
}

size_t Association::FragmentationPoint() const {
  const size_t by_path = (path().max_packet_bytes - kCommonHeaderBytes - kDataHeaderBytes) & ~size_t{3};
  return options.max_segment_bytes == 0 ? by_path : std::min<size_t>(by_path, options.max_segment_bytes);
}

size_t Association::FragmentBytes() const {
  const size_t point = FragmentationPoint();
  if (options.disable_fragments || terms_.peer_rwnd == 0) return point;
  // On a path as wide as loopback one fragment could be as large as the peer's window. The next one would have to wait for its acknowledgement, and a receiver
  // that counts overhead would not even take it.
  const size_t by_window = std::max<size_t>(terms_.peer_rwnd / kFragmentsPerWindow, kMinFragmentBytes) & ~size_t{3};
  return std::min(point, by_window);
}

bool Association::MayHave(const IpAddress& address) const {
  if (listed_.lists_more || SameHost(address, peer_.address)) return true;
  return std::any_of(listed_.addresses.begin(), listed_.addresses.end(), [&](const IpAddress& other) { return SameHost(address, other); });
}

// The peer may send from any address it lists (it answers HEARTBEATs there, say); we keep to the path that the association began with.
void Association::KeepListed(const ListedAddresses& listed) {
  listed_ = listed;
  std::erase_if(listed_.addresses, [&](const IpAddress& address) { return SameHost(address, peer_.address); });
  if (HasListed()) endpoint.peers.AddTag(terms_.local_tag, *this);
}

// --- Beginning

void Association::StartConnect(bool watched) {
  events_.Watch(watched);
  terms_.local_tag = core_.RandomTag();
  terms_.local_initial_tsn = core_.Random32();
  parts_->outbound.Reset(terms_.local_initial_tsn, 0);
  parts_->handshake.Start();
}

Offer Association::OfferNow() const { return socket()->OfferNow(); }

const InitMsg& Association::init_options() const { return socket()->options.init; }

void Association::OnPeerKnown(const PacketRoute& from, const ListedAddresses& listed) {
  LearnRoute(from);  // The answer leaves at once.
  KeepListed(listed);
  parts_->outbound.SetPeerWindow(terms_.peer_rwnd);
  parts_->inbound.Reset(terms_.peer_initial_tsn, terms_.capabilities.inbound_streams);
}

void Association::OnCookieOfOurs() {
  QueueChunk(kChunkCookieAck, 0, {});
  if (IsSettingUp()) OnEstablished(AssocState::kCommUp);
}

void Association::OnCollision(const CookieState& cookie) {
  if (IsSettingUp()) {
    Establish(cookie);
    return;
  }
  // The association is up already under another tag of the peer: take over the new tag, and keep what has been exchanged.
  terms_.peer_tag = cookie.terms.peer_tag;
  parts_->handshake.Untie();
  QueueChunk(kChunkCookieAck, 0, {});
}

void Association::Establish(const CookieState& cookie) {
  terms_ = cookie.terms;
  KeepListed(cookie.listed);
  Begin(AssocState::kCommUp);
}

void Association::Restart(const CookieState& cookie) {
  FailAll();
  endpoint.peers.RemoveTag(terms_.local_tag, *this);
  const size_t queued_bytes = parts_->inbound.queued_bytes();
  const PacketRoute route = path().route;
  const size_t max_packet_bytes = path().max_packet_bytes;
  parts_.emplace(*this, route, max_packet_bytes);
  parts_->inbound.SetWindow(socket()->WindowBytes());
  parts_->inbound.KeepQueued(queued_bytes);
  terms_ = cookie.terms;
  // A restart brings in no other addresses (5.2.2).
  if (HasListed()) endpoint.peers.AddTag(terms_.local_tag, *this);
  Begin(AssocState::kRestart);
}

void Association::Begin(AssocState change) {
  parts_->outbound.Reset(terms_.local_initial_tsn, terms_.peer_rwnd);
  parts_->inbound.Reset(terms_.peer_initial_tsn, terms_.capabilities.inbound_streams);
  ledger_.ChargeReceived(parts_->inbound);
  QueueChunk(kChunkCookieAck, 0, {});
  OnEstablished(change);
}

void Association::OnEstablished(AssocState change) {
  parts_->handshake.Complete();
  state_ = TcbState::kEstablished;
  ledger_.Release(parts_->outbound.FailStreamsFrom(terms_.capabilities.outbound_streams, FragmentBytes(), *this), parts_->outbound);
  events_.AssocChange(change, 0, terms_.capabilities);
  if (terms_.capabilities.peer_adaptation) events_.Adaptation(*terms_.capabilities.peer_adaptation);
  parts_->heartbeat.Start();
  ApplyOptions();
  WantTransmit();
}

// --- Paths

void Association::OnT3(Path& path) {
  CountTimeout();
  if (parts_->sender.OnT3(path, core_.now)) CountError(path);
  if (!IsClosed()) WantTransmit();
}

void Association::OnHeartbeatTimer(Path& path) {
  parts_->heartbeat.OnTimer(path);
  if (IsClosed()) return;
  parts_->outbound.Trim();
  parts_->inbound.Trim();
}

void Association::OnPathChange(const Path& path) {
  events_.AddressChange(path.active ? PeerAddrState::kAvailable : PeerAddrState::kUnreachable, path.active ? kHeartbeatAnswered : 0);
}

void Association::CountError(Path& path) {
  if (!parts_->paths.CountError(path, options.path_max_retransmissions, options.max_retransmissions)) Finish(AssocState::kCommLost, 0);
}

// --- The end

void Association::BeginShutdown() {
  if (IsSettingUp()) {
    if (state_ == TcbState::kCookieEchoed) SendAlone(kChunkAbort, 0, {}, terms_.peer_tag);
    Vanish();
    return;
  }
  parts_->shutdown.Begin();
}

void Association::DetachSocket() {
  if (IsClosed()) return;
  const SocketOptions& closing = socket()->options;
  parts_->shutdown.OnSocketClosed(closing.linger, closing.linger_s * kMicrosPerSecond);
  if (closing.linger) ++core_.lingering;
  ledger_.Detach(*this, parts_->outbound);
  parts_->inbound.Discard();
  ledger_.Leave(*this);
  core_.TrimLeaving();
}

void Association::Abort(Cause cause, Bytes reason) {
  if (IsClosed()) return;
  if (state_ != TcbState::kCookieWait) {
    const size_t room = path().max_packet_bytes - kCommonHeaderBytes - kChunkHeaderBytes - kCauseHeaderBytes;
    reason = reason.first(std::min({reason.size(), kMaxReasonBytes, room & ~size_t{3}}));
    SendAlone(kChunkAbort, 0, CauseValue(cause, reason), terms_.peer_tag);
  }
  Finish(IsSettingUp() ? AssocState::kCantAssoc : AssocState::kCommLost, cause);
}

void Association::SendAbortNow() {
  if (IsClosed() || state_ == TcbState::kCookieWait) return;
  SendAlone(kChunkAbort, 0, CauseValue(kCauseUserAbort), terms_.peer_tag);
}

void Association::Finish(AssocState state, uint32_t error) {
  if (IsClosed()) return;
  state_ = TcbState::kClosed;
  events_.AssocChange(state, error, terms_.capabilities);
  failure_cause_ = error;
  LeaveTables();
}

void Association::Vanish() {
  if (IsClosed()) return;
  state_ = TcbState::kClosed;
  if (events_.watched()) events_.AssocChange(AssocState::kCantAssoc, 0, terms_.capabilities);
  LeaveTables();
}

void Association::FailAll() {
  const size_t held = parts_->outbound.held_bytes();
  parts_->outbound.FailAll(FragmentBytes(), *this);
  ledger_.Release(held, parts_->outbound);
}

void Association::LeaveTables() {
  FailAll();
  parts_->Stop();
  autoclose_.Stop();
  if (parts_->shutdown.lingers()) --core_.lingering;
  ledger_.Close();
  const auto on_carrier = core_.associations_on.find(endpoint.carrier);
  if (--on_carrier->second == 0) core_.associations_on.erase(on_carrier);
  endpoint.peers.Remove(*this);
  endpoint.peers.RemoveTag(terms_.local_tag, *this);
  ledger_.Detach(*this, parts_->outbound);
  core_.Bury(*this);
}

}  // namespace mailport::sctp
