#include "held_bytes.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mailport::framing {

void HeldBytes::Append(Bytes bytes) {
  if (bytes.empty()) return;
  // Twice as much as before, so that bytes that come one by one are moved a bounded number of times each.
  if (room() < bytes.size()) Reserve(size() + std::max(bytes.size(), size()));
  std::memcpy(end(), bytes.data(), bytes.size());
  Filled(bytes.size());
}

void HeldBytes::Prepend(Bytes bytes) {
  if (bytes.size() <= begin_) {
    begin_ -= bytes.size();
  } else {
    // Twice as much as before, with the room in front.
    const size_t room = std::max(bytes.size(), size());
    HeldBytes longer;
    longer.Reserve(room + bytes.size() + size());
    longer.begin_ = longer.end_ = room;
    longer.Filled(bytes.size());
    longer.Append(this->bytes());
    std::swap(memory_, longer.memory_);
    begin_ = longer.begin_;
    end_ = longer.end_;
    capacity_ = longer.capacity_;
  }
  if (!bytes.empty()) std::memcpy(memory_.get() + begin_, bytes.data(), bytes.size());
}

void HeldBytes::TakeFront(size_t bytes) {
  begin_ += bytes;
  if (empty()) Clear();
}

void HeldBytes::Clear() {
  memory_.reset();
  begin_ = end_ = capacity_ = 0;
}

void HeldBytes::Reserve(size_t whole) {
  if (begin_ + whole <= capacity_) return;
  // The run moves to the front of its memory when what is free there is no shorter: each byte taken pays for one that moves.
  if (begin_ > 0 && begin_ >= size()) {
    std::memmove(memory_.get(), memory_.get() + begin_, size());
    end_ = size();
    begin_ = 0;
  }
  if (begin_ + whole > capacity_) Reallocate(begin_ + whole);
}

OwnedBytes HeldBytes::Release(size_t without) {
  const size_t length = size() - without;
  // Memory that is mostly empty is not given away: whoever keeps the bytes would keep all of it.
  if (capacity_ - length > length / 4 + kMaxSpareBytes) Reallocate(end_);
  OwnedBytes released{std::move(memory_), begin_ + without, length};
  Clear();
  return released;
}

void HeldBytes::Reallocate(size_t capacity) {
  auto* memory = static_cast<uint8_t*>(std::realloc(memory_.get(), capacity));
  if (memory == nullptr) std::abort();
  (void)memory_.release();
  memory_.reset(memory);
  capacity_ = capacity;
}

}  // namespace mailport::framing
