#include "byte_ring.h"

#include <algorithm>
#include <bit>

namespace mailport::sctp {

namespace {
constexpr size_t kFirstCapacity = 1024;
}

uint64_t ByteRing::Append(Bytes data) {
  if (data.empty()) return end_;
  const size_t held = static_cast<size_t>(end_ - begin_);
  if (held + data.size() > capacity_) Grow(held + data.size());
  const uint64_t position = end_;
  const size_t start = static_cast<size_t>(position) & (capacity_ - 1);
  const size_t first = std::min(data.size(), capacity_ - start);
  std::memcpy(bytes_.get() + start, data.data(), first);
  if (first < data.size()) std::memcpy(bytes_.get(), data.data() + first, data.size() - first);
  end_ += data.size();
  return position;
}

void ByteRing::Read(uint64_t position, size_t length, uint8_t* out) const {
  if (length == 0) return;  // There may be no place for it, nor a ring: memcpy wants both.
  const size_t start = static_cast<size_t>(position) & (capacity_ - 1);
  const size_t first = std::min(length, capacity_ - start);
  std::memcpy(out, bytes_.get() + start, first);
  if (first < length) std::memcpy(out + first, bytes_.get(), length - first);
}

void ByteRing::Trim() {
  if (begin_ != end_) return;
  bytes_.reset();
  capacity_ = 0;
}

void ByteRing::Grow(size_t needed) {
  const size_t capacity = std::bit_ceil(std::max(needed, kFirstCapacity));
  auto bytes = std::make_unique_for_overwrite<uint8_t[]>(capacity);
  // A byte's place is its position modulo the capacity, so what is held moves piece by piece to its new places.
  uint64_t position = begin_;
  while (position < end_) {
    const size_t from = static_cast<size_t>(position) & (capacity_ - 1);
    const size_t to = static_cast<size_t>(position) & (capacity - 1);
    const size_t run =
        std::min({static_cast<size_t>(end_ - position), capacity_ - from, capacity - to});
    std::memcpy(bytes.get() + to, bytes_.get() + from, run);
    position += run;
  }
  bytes_ = std::move(bytes);
  capacity_ = capacity;
}

}  // namespace mailport::sctp
