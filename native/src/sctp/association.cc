// The life of an association: how it begins, and how it ends.
#include "association.h"

#include <algorithm>
#include <utility>

#include "endpoint.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerSecond = 1000 * 1000;
constexpr size_t kMaxReasonBytes = 512;     // The longest reason in an ABORT.

}  // namespace

Association::Parts::Parts(Association& association, const PacketRoute& route, size_t max_packet_bytes)
    : paths(association.core_.timers, association),
      inbound(association, association.core_.inbound_pool),
      outbound(association.core_.segments),
      sender(outbound, paths),
      forward(outbound),
      acks(association.core_.timers, &association,
           [](void* owner, TimeUs) {
             Association& self = *static_cast<Association*>(owner);
             self.parts_->acks.Demand();
             self.WantTransmit();
           }),
      handshake(association, association, paths),
      shutdown(association, association, paths),
      heartbeat(association, paths) {
  paths.Add(route, max_packet_bytes, association.options->rto).options = association.options->path;
  outbound.Choose(association.options->scheduler);
}

void Association::Parts::Stop() {
  paths.StopTimers();
  acks.Reset();
  handshake.Stop();
  shutdown.Stop();
  if (reconfig != nullptr) reconfig->Stop();
  if (asconf != nullptr) asconf->Stop();
}

Association::Association(Core& core, Endpoint& the_endpoint, Socket& socket, const PacketRoute& route, uint16_t peer_port)
    : id(core.NewAssocId()),
      options(socket.options.assoc),
      endpoint(the_endpoint),
      core_(core),
      peer_{route.remote, peer_port},
      ledger_(core, id),
      events_(*this),
      offer_(socket.SharedOffer()) {
  parts_.emplace(*this, route, core.host.FirstPacketBytes(route.carrier, route.remote));
  ApplyOptions();
  parts_->inbound.SetWindow(socket.WindowBytes());
  endpoint.peers.Add(*this);
  core.CountAssociation(endpoint, true);
  ledger_.Attach(socket, *this, parts_->inbound, parts_->outbound);
}

Association::~Association() = default;

// --- Beginning

void Association::StartConnect(std::span<const PacketRoute> further, bool watched) {
  events_.Watch(watched);
  takes_zero_checksum_ = offer_->most.zero_checksum;
  terms_.local_tag = core_.RandomTag();
  terms_.local_initial_tsn = core_.Random32();
  if (offer_->auth != nullptr) terms_.auth.Make().local = core_.NewKeyVector(*offer_->auth);
  KeepTold(endpoint.AddressesFor(peer_.address));
  for (const PacketRoute& route : further) {
    if (parts_->paths.Find(route.remote) != nullptr) continue;
    AddPath(route, true);
    addresses_.Make().listed.addresses.push_back(route.remote);
    endpoint.peers.AddFurther(route.remote, *this);
  }
  if (HasListed()) endpoint.peers.AddTag(terms_.local_tag, *this);
  parts_->outbound.Reset(terms_.local_initial_tsn, 0);
  parts_->handshake.Start();
}

const InitMsg& Association::init_options() const { return socket()->options.init; }

void Association::OnPeerKnown(const PacketRoute& from, const ListedAddresses& listed) {
  BeginAuth();
  DropUnlisted(from.remote, listed);
  KeepListed(listed);
  if (!MayHave(from.remote)) addresses_.Make().listed.addresses.push_back(from.remote);
  parts_->paths.PreferAnswered(from.remote);
  LearnRoute(from);  // The answer leaves at once.
  AddListedPaths(from);
  parts_->outbound.SetPeerWindow(terms_.peer_rwnd);
  ResetExchange();
}

void Association::ResetExchange() {
  const bool partial = terms_.capabilities.partial_reliability, interleaves = terms_.capabilities.interleaving;
  const bool second_is_zero = terms_.capabilities.second_is_zero;
  parts_->inbound.Reset(terms_.peer_initial_tsn, terms_.capabilities.inbound_streams, partial, interleaves, second_is_zero);
  parts_->outbound.SetPartialReliability(partial);
  parts_->outbound.SetInterleaving(interleaves, second_is_zero);
  BeginReconfig();
  BeginAsconf();
}

void Association::OnCookieOfOurs(const PacketRoute& from) {
  AnswerCookie(from);
  if (IsSettingUp()) OnEstablished(AssocState::kCommUp);
}

void Association::OnCollision(const CookieState& cookie, const PacketRoute& from) {
  if (IsSettingUp()) {
    Establish(cookie, from);
    return;
  }
  // The association is up already under another tag of the peer: take over the new tag, and keep what has been exchanged.
  terms_.peer_tag = cookie.terms.peer_tag;
  if (cookie.terms.auth.exists() || terms_.auth.exists()) terms_.auth.Make().peer = cookie.terms.auth->peer;
  BeginAuth();
  if (auth_ == nullptr) parts_->asconf.reset();
  parts_->handshake.Untie();
  AnswerCookie(from);
}

void Association::Establish(const CookieState& cookie, const PacketRoute& from) {
  terms_ = cookie.terms;
  DropUnlisted(cookie.peer_address, cookie.listed);
  KeepListed(cookie.listed);
  KeepTold(endpoint.AddressesFor(cookie.peer_address));
  parts_->paths.PreferAnswered(cookie.peer_address);
  AddListedPaths(parts_->paths.Next().route);
  Begin(AssocState::kCommUp, from);
}

void Association::Restart(const CookieState& cookie, const PacketRoute& from) {
  FailAll();
  endpoint.peers.RemoveTag(terms_.local_tag, *this);
  const size_t queued_bytes = parts_->inbound.queued_bytes();
  const std::vector<KnownPath> known = KnownPaths();
  const PacketRoute route = path().route;
  const size_t max_packet_bytes = path().max_packet_bytes;
  const StreamScheduler scheduler = parts_->outbound.scheduler().Empty();
  parts_.emplace(*this, route, max_packet_bytes);
  parts_->outbound.ChooseLike(scheduler);
  parts_->inbound.SetWindow(socket()->WindowBytes());
  parts_->inbound.KeepQueued(queued_bytes);
  terms_ = cookie.terms;
  takes_zero_checksum_ = false;
  // A restart brings in no other addresses (5.2.2).
  if (HasListed()) endpoint.peers.AddTag(terms_.local_tag, *this);
  RestorePaths(known, cookie);
  Begin(AssocState::kRestart, from);
}

void Association::Begin(AssocState change, const PacketRoute& from) {
  takes_zero_checksum_ |= terms_.capabilities.zero_checksum;
  BeginAuth();
  parts_->outbound.Reset(terms_.local_initial_tsn, terms_.peer_rwnd);
  ResetExchange();
  ledger_.ChargeReceived(parts_->inbound);
  AnswerCookie(from);
  OnEstablished(change);
}

void Association::OnEstablished(AssocState change) {
  parts_->handshake.Complete();
  state_ = TcbState::kEstablished;
  ledger_.Release(parts_->outbound.FailStreamsFrom(terms_.capabilities.outbound_streams, FragmentBytes(), *this), parts_->outbound);
  events_.AssocChange(change, 0, terms_.capabilities);
  if (terms_.capabilities.peer_adaptation) events_.Adaptation(*terms_.capabilities.peer_adaptation);
  if (auth_ == nullptr) events_.Authentication(AuthIndication::kNoAuth, 0);
  parts_->heartbeat.Start();
  ApplyOptions();
  WantTransmit();
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

void Association::RefuseCookieInShutdown() {
  RepeatShutdownAck();
  QueueChunk(kChunkError, 0, CauseValue(kCauseCookieInShutdown));
}

void Association::Abort(Cause cause, Bytes reason) {
  if (IsClosed()) return;
  if (state_ != TcbState::kCookieWait) {
    const size_t room = parts_->paths.Next().max_packet_bytes - AuthBytes() - kCommonHeaderBytes - kChunkHeaderBytes - kCauseHeaderBytes;
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
  if (autoclose_ != nullptr) autoclose_->Stop();
  if (parts_->shutdown.lingers()) --core_.lingering;
  ledger_.Close();
  core_.CountAssociation(endpoint, false);
  LeavePeerTable();
  ledger_.Detach(*this, parts_->outbound);
  core_.Bury(*this);
}

}  // namespace mailport::sctp
