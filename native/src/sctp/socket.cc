#include "socket.h"

#include <algorithm>
#include <utility>

#include "association.h"
#include "endpoint.h"

namespace mailport::sctp {

Socket::Socket(EngineImpl& the_core, Endpoint& the_endpoint, SocketId the_id, const OpenParams& the_params)
    : core(the_core), endpoint(the_endpoint), id(the_id), params(the_params) {
  options.remote_udp_port = params.remote_udp_port;
}

Socket::~Socket() {
  core.stats.queued_in_bytes -= queued_bytes_;
  core.stats.queued_in_items -= queued_items_;
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
  queued.item = item;
  if (owned != nullptr) {
    queued.payload = std::move(*owned);
  } else {
    queued.payload.assign(item.data.begin(), item.data.end());
  }
  queued.item.data = queued.payload;
  core.stats.queued_in_bytes += queued.payload.size();
  ++core.stats.queued_in_items;
  Append(std::move(queued));
}

// Each association's items are chained, so that taking them to another socket does not cost a search among everybody's.
void Socket::Append(Queued queued) {
  if (Association* association = core.FindAssociation(queued.item.assoc_id)) {
    UnreadItems& unread = association->unread;
    const uint64_t position = front_position_ + queue_.size();
    (unread.count++ == 0 ? unread.first : queue_[unread.last - front_position_].next) = position;
    unread.last = position;
  }
  ++queued_items_;
  queued_bytes_ += queued.payload.size();
  if (queued.item.kind == ItemKind::kData) ++queued_data_;
  queue_.push_back(std::move(queued));
}

void Socket::PopFront() {
  const Queued& front = queue_.front();
  const size_t bytes = front.payload.size();
  const bool is_data = front.item.kind == ItemKind::kData;
  const uint64_t next = front.next;
  Association* association = core.FindAssociation(front.item.assoc_id);
  queue_.pop_front();
  ++front_position_;
  DropMoved();
  --queued_items_;
  queued_bytes_ -= bytes;
  core.stats.queued_in_bytes -= bytes;
  --core.stats.queued_in_items;
  if (is_data) --queued_data_;
  if (association == nullptr) return;
  --association->unread.count;
  association->unread.first = next;
  if (is_data) association->OnConsumed(bytes);
}

void Socket::DropMoved() {
  while (!queue_.empty() && queue_.front().moved) {
    queue_.pop_front();
    ++front_position_;
  }
}

void Socket::Notify(const Item& item, uint32_t event_bit) {
  if ((options.events & event_bit) == 0) return;
  if (item.kind == ItemKind::kRemoteError && queued_items_ - queued_data_ >= kMaxUnreadErrors) return;
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
    Queued& next = queue_.front();
    if (!core.host.Deliver(id, next.item)) {
      Block();
      return;
    }
    credit_.Spend(next.item.data.size());
    PopFront();
  }
  if (!IsReading() || stuck_.empty()) return;
  const std::vector<AssocId> stuck = std::move(stuck_);
  stuck_.clear();
  for (const AssocId assoc : stuck)
    if (Association* association = Find(assoc)) association->OnReading();
}

void Socket::MoveQueue(Association& association, Socket& to) {
  const UnreadItems unread = std::exchange(association.unread, {});
  uint64_t position = unread.first;
  for (size_t i = 0; i < unread.count; ++i) {
    Queued& queued = queue_[position - front_position_];
    position = queued.next;
    --queued_items_;
    queued_bytes_ -= queued.payload.size();
    if (queued.item.kind == ItemKind::kData) --queued_data_;
    to.Append(std::move(queued));
    queued.moved = true;
  }
  DropMoved();
}

void Socket::AddAssociation(Association& association) {
  associations_.emplace(association.id, &association);
  was_associated = true;
}

void Socket::RemoveAssociation(Association& association) { associations_.erase(association.id); }

Association* Socket::Find(AssocId assoc) const {
  if (params.one_to_one) return associations_.empty() ? nullptr : associations_.begin()->second;
  Association* association = core.FindAssociation(assoc);
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

size_t Socket::WindowBytes() const {
  // RFC 9260 section 3.3.2: at least 1,500.
  const size_t wanted = std::max<size_t>(options.receive_buffer_bytes, 1500);
  return params.max_window_bytes == 0 ? wanted : std::min<size_t>(wanted, std::max<size_t>(params.max_window_bytes, 1500));
}

}  // namespace mailport::sctp
