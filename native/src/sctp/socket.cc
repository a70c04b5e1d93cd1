#include "socket.h"

#include <algorithm>
#include <utility>

#include "association.h"
#include "endpoint.h"

namespace mailport::sctp {

namespace {

constexpr size_t kAllocationBytes = 32;  // Overhead of an allocation, and the least that one costs.

}  // namespace

Item DataItem(AssocId assoc, const PeerKey& peer, const InboundMessage& message, Bytes payload) {
  Item item;
  item.kind = ItemKind::kData;
  item.assoc_id = assoc;
  item.peer = peer.address;
  item.peer_port = peer.port;
  item.stream = message.stream;
  item.ssn = message.ssn;
  item.flags = message.unordered ? kFlagUnordered : 0;
  item.ppid = message.ppid;
  item.tsn = message.tsn;
  item.cum_tsn = message.unordered ? message.tsn : 0;  // As Linux gives them (MS-10).
  item.data = payload;
  return item;
}

Socket::Socket(Core& the_core, Endpoint& the_endpoint, SocketId the_id, const OpenParams& the_params)
    : core(the_core), endpoint(the_endpoint), id(the_id), params(the_params), charges(&the_core.charges, kMaxHeldBytes), sends(&the_core.sends, kMaxHeldBytes) {
  options.remote_udp_port = params.remote_udp_port;
}

Socket::~Socket() {
  core.stats.queued_in_bytes -= queued_bytes_;
  core.stats.queued_in_items -= queued_items_;
  charges.Change(charges.held(), 0);
}

bool Socket::Deliver(const Item& item, std::vector<uint8_t>* owned) {
  if (IsReading()) {
    if (core.host.Deliver(id, item)) {
      credit_.Spend(item.data.size());
      return true;
    }
    Enqueue(item, owned);
    Block();
    return false;
  }
  Enqueue(item, owned);
  return false;
}

void Socket::Enqueue(const Item& item, std::vector<uint8_t>* owned) {
  Queued queued;
  queued.assoc = item.assoc_id;
  if (owned != nullptr) {
    queued.payload = std::move(*owned);
  } else {
    queued.payload.assign(item.data.begin(), item.data.end());
  }
  if (item.kind == ItemKind::kData) {
    queued.ppid = item.ppid;
    queued.tsn = item.tsn;
    queued.stream = static_cast<uint16_t>(item.stream);
    queued.ssn = static_cast<uint16_t>(item.ssn);
    queued.unordered = (item.flags & kFlagUnordered) != 0;
    if (const Association* association = core.FindAssociation(item.assoc_id)) queued.path = association->NumberOf(item.peer);
  } else {
    queued.event = std::make_unique<Item>(item);
    queued.event->data = queued.payload;
  }
  core.stats.queued_in_bytes += queued.payload.size();
  ++core.stats.queued_in_items;
  Append(std::move(queued));
}

Item Socket::ItemOf(const Queued& queued) const {
  if (!queued.is_data()) return *queued.event;
  const Association* association = core.FindAssociation(queued.assoc);
  const PeerKey peer = association != nullptr ? association->PeerAt(queued.path) : ended_.find(queued.assoc)->second.peer;
  return DataItem(queued.assoc, peer, {queued.tsn, queued.stream, queued.ssn, queued.ppid, queued.unordered}, queued.payload);
}

size_t Socket::Queued::Charge() const {
  static_assert(sizeof(Queued) + kAllocationBytes <= Inbound::kQueuedOverheadBytes);
  return Inbound::kQueuedOverheadBytes + payload.size() + (is_data() ? 0 : sizeof(Item) + kAllocationBytes);
}

// Each association's items are chained, so that moving them to another socket needs no search through the whole queue.
void Socket::Append(Queued queued) {
  const size_t charge = queued.Charge();
  if (Association* association = core.FindAssociation(queued.assoc)) {
    UnreadItems& unread = association->unread();
    const uint64_t position = front_position_ + queue_.size();
    (unread.count++ == 0 ? unread.first : queue_[unread.last - front_position_].next) = position;
    unread.last = position;
    unread.bytes += charge;
  }
  ++queued_items_;
  queued_bytes_ += queued.payload.size();
  charges.Change(0, charge);
  if (queued.is_data()) ++queued_data_;
  queue_.push_back(std::move(queued));
}

void Socket::CountOff(const Queued& queued) {
  --queued_items_;
  queued_bytes_ -= queued.payload.size();
  charges.Change(queued.Charge(), 0);
  if (queued.is_data()) --queued_data_;
}

void Socket::PopFront() {
  const Queued front = std::move(queue_.front());
  const size_t bytes = front.payload.size();
  queue_.pop_front();
  ++front_position_;
  DropMoved();
  CountOff(front);
  core.stats.queued_in_bytes -= bytes;
  --core.stats.queued_in_items;
  Association* association = core.FindAssociation(front.assoc);
  if (association == nullptr) {
    CountOffEnded(front.assoc, front.Charge());
    return;
  }
  --association->unread().count;
  association->unread().first = front.next;
  association->unread().bytes -= front.Charge();
  if (front.is_data()) association->OnConsumed(bytes);
}

void Socket::CountOffEnded(AssocId assoc, size_t bytes) {
  const auto ended = ended_.find(assoc);
  if (ended == ended_.end()) return;
  ended_bytes_ -= bytes;
  if (--ended->second.count == 0) ended_.erase(ended);
}

void Socket::DropMoved() {
  while (!queue_.empty() && queue_.front().moved) {
    queue_.pop_front();
    ++front_position_;
  }
}

void Socket::Notify(const Item& item, uint32_t event_bit) {
  if ((options.events & event_bit) == 0) return;
  // A peer may cause any number of these.
  const bool is_peers = item.kind == ItemKind::kRemoteError || item.kind == ItemKind::kPeerAddrChange || item.kind == ItemKind::kAuthentication;
  const bool is_one_too_many = is_peers && !HasRoomForPeersEvents();
  // Events that carry payload are not queued when there is no room for payload.
  if (is_one_too_many || (!item.data.empty() && !IsReading() && charges.IsFull())) {
    ++core.stats.events_dropped;
    return;
  }
  Deliver(item, nullptr);
}

void Socket::NotifyConnect(const Item& item) {
  Item result = item;
  result.kind = ItemKind::kConnectResult;
  core.host.Deliver(id, result);
}

void Socket::Silence() {
  credit_ = {};
  options.events = 0;
  silent_ = true;
}

void Socket::Block() {
  if (!std::exchange(blocked_, true)) core.blocked.push_back(id);
}

void Socket::Drain() {
  while (!queue_.empty() && credit_.IsLeft()) {
    const Item next = ItemOf(queue_.front());
    if (!core.host.Deliver(id, next)) {
      Block();
      return;
    }
    credit_.Spend(next.data.size());
    PopFront();
  }
  if (!IsReading() || stuck_.empty()) return;
  const std::vector<AssocId> stuck = std::move(stuck_);
  stuck_.clear();
  for (const AssocId assoc : stuck)
    if (Association* association = Find(assoc)) association->OnReading();
}

void Socket::MoveQueue(Association& association, Socket& to) {
  const UnreadItems unread = std::exchange(association.unread(), {});
  uint64_t position = unread.first;
  for (size_t i = 0; i < unread.count; ++i) {
    Queued& queued = queue_[position - front_position_];
    position = queued.next;
    CountOff(queued);
    to.Append(std::move(queued));
    queued.moved = true;
  }
  DropMoved();
}

void Socket::AddAssociation(Association& association) {
  association.place = static_cast<uint32_t>(associations_.size());
  associations_.push_back(&association);
  charges.AddMember();
  sends.AddMember();
  was_associated = true;
}

void Socket::RemoveAssociation(Association& association) {
  if (association.place >= associations_.size() || associations_[association.place] != &association) return;
  Association* const last = associations_.back();
  associations_[association.place] = last;
  last->place = association.place;
  associations_.pop_back();
  charges.RemoveMember();
  sends.RemoveMember();
  // Unread items of an association that has ended stay until they are read. An association that was peeled off has taken its items along.
  if (association.state() != TcbState::kClosed || association.unread().count == 0) return;
  ended_.emplace(association.id, Ended{association.PeerAtPrimary(), association.unread().count});
  ended_bytes_ += association.unread().bytes;
}

Association* Socket::Find(AssocId assoc) const {
  if (params.one_to_one) return associations_.empty() ? nullptr : associations_.front();
  Association* association = core.FindAssociation(assoc);
  return association != nullptr && association->socket() == this ? association : nullptr;
}

Association* Socket::FindByAddress(const PeerKey& peer) const {
  const PeerTable& peers = endpoint.peers;
  Association* association = peers.Find(peer, UdpPortOf(peer.port));
  if (association != nullptr && association->socket() == this) return association;
  for (association = peers.First(peer); association != nullptr; association = association->next_alike)
    if (association->socket() == this) return association;
  association = peers.Any(peer);
  return association != nullptr && association->socket() == this ? association : nullptr;
}

void Socket::NotifyWritable(AssocId assoc) {
  if (silent_) return;
  Item item;
  item.kind = ItemKind::kWritable;
  item.assoc_id = assoc;
  core.host.Deliver(id, item);
}

void Socket::AddAccepted(SocketId accepted) {
  accepted_.push_back(accepted);
  if (!std::exchange(wants_accept_, false)) return;
  Item item;
  item.kind = ItemKind::kAcceptable;
  core.host.Deliver(id, item);
}

SocketId Socket::TakeAccepted() {
  if (accepted_.empty()) {
    wants_accept_ = true;
    return 0;
  }
  const SocketId accepted = accepted_.front();
  accepted_.pop_front();
  return accepted;
}

Offer Socket::OfferNow() const {
  Offer offer;
  offer.most.outbound_streams = static_cast<uint16_t>(options.init.outbound_streams);
  offer.most.inbound_streams = static_cast<uint16_t>(options.init.max_inbound_streams);
  offer.most.partial_reliability = options.partial_reliability;
  offer.most.interleaving = options.interleaving;
  offer.most.reconfig = options.reconfig;
  offer.most.zero_checksum = endpoint.DetectsErrors();
  offer.a_rwnd = static_cast<uint32_t>(WindowBytes());
  if (options.adaptation != 0) offer.adaptation = options.adaptation;
  offer.family = params.family;
  if (options.offers_auth) offer.auth = options.auth;
  offer.most.asconf = options.offers_auth && options.offers_asconf;
  return offer;
}

const Shared<Offer>& Socket::SharedOffer() {
  Offer now = OfferNow();
  if (now != *last_offer_) last_offer_ = Shared<Offer>(std::move(now));
  return last_offer_;
}

size_t Socket::WindowBytes() const {
  // The option cannot be less than the least window.
  const size_t wanted = options.receive_buffer_bytes;
  return params.max_window_bytes == 0 ? wanted : std::min<size_t>(wanted, std::max<size_t>(params.max_window_bytes, kLeastWindowBytes));
}

}  // namespace mailport::sctp
