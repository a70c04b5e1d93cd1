// Packets stand one after the other in one piece of memory, so keeping one costs a copy and no allocation.
#include "packet_queue.h"

namespace mailport::io {

void PacketQueue::Add(const sctp::PacketRoute& route, sctp::Bytes packet, bool may_be_fragmented) {
  const size_t cost = sizeof(Entry) + packet.size();
  if (packet.size() > kMaxPacketBytes || waiting_bytes_ + cost > most_bytes_) {
    lost_++;
    return;
  }
  // Half of the entries, or as many bytes as may wait, have gone: moving the others costs no more than taking them did.
  if (head_ != 0 && (head_ * 2 >= entries_.size() || memory_.size() >= 2 * most_bytes_)) Compact();
  entries_.push_back({route, memory_.size(), static_cast<uint32_t>(packet.size()), may_be_fragmented});
  memory_.insert(memory_.end(), packet.begin(), packet.end());
  waiting_bytes_ += cost;
  taken_++;
}

void PacketQueue::Pop() {
  waiting_bytes_ -= sizeof(Entry) + entries_[head_].length;
  head_++;
  if (empty()) Clear();
}

void PacketQueue::Clear() {
  head_ = 0;
  waiting_bytes_ = 0;
  entries_.clear();
  memory_.clear();
  if (memory_.capacity() > kIdleBytes) std::vector<uint8_t>().swap(memory_);
  if (entries_.capacity() * sizeof(Entry) > kIdleBytes) std::vector<Entry>().swap(entries_);
}

void PacketQueue::Compact() {
  const size_t start = entries_[head_].offset;
  memory_.erase(memory_.begin(), memory_.begin() + static_cast<ptrdiff_t>(start));
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<ptrdiff_t>(head_));
  head_ = 0;
  for (Entry& entry : entries_) entry.offset -= start;
}

}  // namespace mailport::io
