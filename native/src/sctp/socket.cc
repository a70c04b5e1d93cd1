#include "socket.h"

#include <algorithm>
#include <utility>

#include "association.h"
#include "endpoint.h"

namespace mailport::sctp {

Socket::Socket(EngineImpl& the_core, Endpoint& the_endpoint, SocketId the_id, const OpenParams& the_params)
    : core(the_core), endpoint(the_endpoint), id(the_id), params(the_params) {}

Socket::~Socket() {
  core.stats.queued_in_bytes -= queued_bytes_;
  core.stats.queued_in_items -= queue_.size();
}

bool Socket::Deliver(const Item& item, std::vector<uint8_t>* owned) {
  if (queue_.empty() && credit_ != 0) {
    if (core.host.Deliver(id, item)) {
      Spend();
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
  Queued& queued = queue_.emplace_back();
  queued.item = item;
  if (owned != nullptr) {
    queued.payload = std::move(*owned);
  } else {
    queued.payload.assign(item.data.begin(), item.data.end());
  }
  queued.item.data = queued.payload;
  queued_bytes_ += queued.payload.size();
  core.stats.queued_in_bytes += queued.payload.size();
  ++core.stats.queued_in_items;
  if (item.kind == ItemKind::kData) ++queued_data_;
}

void Socket::Notify(const Item& item, uint32_t event_bit) {
  if ((options.events & event_bit) == 0) return;
  if (item.kind == ItemKind::kRemoteError && queue_.size() - queued_data_ >= kMaxUnreadErrors) return;
  Deliver(item, nullptr);
}

void Socket::NotifyConnect(const Item& item) {
  Item result = item;
  result.kind = ItemKind::kConnectResult;
  core.host.Deliver(id, result);
}

void Socket::SetCredit(uint32_t credit) { credit_ = credit; }

void Socket::Block() {
  if (!std::exchange(blocked_, true)) core.blocked.push_back(id);
}

void Socket::Drain() {
  while (!queue_.empty() && credit_ != 0) {
    Queued& next = queue_.front();
    if (!core.host.Deliver(id, next.item)) {
      Block();
      return;
    }
    Spend();
    const size_t bytes = next.payload.size();
    const bool is_data = next.item.kind == ItemKind::kData;
    const AssocId assoc = next.item.assoc_id;
    queue_.pop_front();
    queued_bytes_ -= bytes;
    core.stats.queued_in_bytes -= bytes;
    --core.stats.queued_in_items;
    if (!is_data) continue;
    --queued_data_;
    if (Association* association = core.FindAssociation(assoc)) association->OnConsumed(bytes);
  }
  if (!IsReading() || stuck_.empty()) return;
  const std::vector<AssocId> stuck = std::move(stuck_);
  stuck_.clear();
  for (const AssocId assoc : stuck)
    if (Association* association = Find(assoc)) association->OnReading();
}

void Socket::NoteStuck(AssocId assoc) {
  if (std::find(stuck_.begin(), stuck_.end(), assoc) == stuck_.end()) stuck_.push_back(assoc);
}

void Socket::MoveQueue(AssocId assoc, Socket& to) {
  std::deque<Queued> kept;
  for (Queued& queued : queue_) {
    if (queued.item.assoc_id != assoc) {
      kept.push_back(std::move(queued));
      continue;
    }
    const size_t bytes = queued.payload.size();
    const size_t is_data = queued.item.kind == ItemKind::kData ? 1 : 0;
    queued_bytes_ -= bytes;
    queued_data_ -= is_data;
    to.queued_bytes_ += bytes;
    to.queued_data_ += is_data;
    to.queue_.push_back(std::move(queued));
  }
  queue_ = std::move(kept);
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

void Socket::ReleaseSend(size_t bytes) {
  sent_bytes_ -= bytes;
  // Half of the buffer must be free before a waiting sender is called, so that it is not called for every message (as Linux does).
  if (!wants_writable_ || sent_bytes_ > options.send_buffer_bytes / 2) return;
  wants_writable_ = false;
  Item item;
  item.kind = ItemKind::kWritable;
  core.host.Deliver(id, item);
}

size_t Socket::WindowBytes() const {
  // RFC 9260 section 3.3.2: at least 1,500.
  const size_t wanted = std::max<size_t>(options.receive_buffer_bytes, 1500);
  return params.max_window_bytes == 0 ? wanted : std::min<size_t>(wanted, std::max<size_t>(params.max_window_bytes, 1500));
}

}  // namespace mailport::sctp
