#include "tsn_map.h"

#include <algorithm>
#include <bit>

#include "../packet/wire.h"

namespace mailport::sctp {

namespace {

constexpr size_t kFirstCapacity = 256;
constexpr size_t kWordBits = 64;

// A mask of `bits` bits of a word, from the bit of `tsn` on.
uint64_t Mask(uint64_t tsn, size_t bits) { return (bits == kWordBits ? ~uint64_t{0} : (uint64_t{1} << bits) - 1) << tsn % kWordBits; }

}  // namespace

void TsnMap::Reset(uint64_t cumulative) {
  cumulative_ = highest_ = cumulative;
  beyond_ = blocks_ = 0;
  std::fill_n(words_.get(), capacity_ / kWordBits, 0);
}

void TsnMap::Record(uint64_t tsn) {
  if (tsn == cumulative_ + 1) {
    cumulative_ = tsn;
    if (highest_ < tsn) highest_ = tsn;
    if (beyond_ != 0 && IsSet(tsn + 1)) Advance();
    return;
  }
  if (tsn - cumulative_ >= capacity_) Grow(tsn - cumulative_);
  const bool joins_before = tsn - 1 <= highest_ && IsSet(tsn - 1);
  const bool joins_after = tsn + 1 <= highest_ && IsSet(tsn + 1);
  WordOf(tsn) |= uint64_t{1} << tsn % kWordBits;
  ++work_;
  ++beyond_;
  blocks_ += 1 - static_cast<size_t>(joins_before) - static_cast<size_t>(joins_after);
  highest_ = std::max(highest_, tsn);
}

// Moves the cumulative TSN to the end of the first block, which has no gap before it any more.
void TsnMap::Advance() {
  const uint64_t last = Next(cumulative_ + 1, false) - 1;
  beyond_ -= static_cast<size_t>(last - cumulative_);
  --blocks_;
  Unset(cumulative_ + 1, last + 1);
  cumulative_ = last;
}

void TsnMap::Unset(uint64_t from, uint64_t end) {
  while (from < end) {
    const size_t bits = static_cast<size_t>(std::min(end - from, kWordBits - from % kWordBits));
    WordOf(from) &= ~Mask(from, bits);
    ++work_;
    from += bits;
  }
}

// Each block that is left behind is looked at once, as when it was recorded.
void TsnMap::SkipTo(uint64_t tsn) {
  for (uint64_t at = cumulative_ + 1; beyond_ != 0 && at <= tsn;) {
    const uint64_t first = Next(at, true);
    if (first > tsn || first > highest_) break;
    at = Next(first, false);
    const uint64_t end = std::min(at, tsn + 1);
    beyond_ -= static_cast<size_t>(end - first);
    blocks_ -= at == end;
    Unset(first, end);
  }
  cumulative_ = tsn;
  highest_ = std::max(highest_, tsn);
  if (beyond_ != 0 && IsSet(tsn + 1)) Advance();
}

uint64_t TsnMap::Next(uint64_t tsn, bool set) const {
  while (tsn <= highest_) {
    ++work_;
    const uint64_t word = (set ? WordOf(tsn) : ~WordOf(tsn)) >> tsn % kWordBits;
    if (word != 0) return std::min(tsn + static_cast<uint64_t>(std::countr_zero(word)), highest_ + 1);
    tsn += kWordBits - tsn % kWordBits;
  }
  return highest_ + 1;
}

size_t TsnMap::WriteBlocks(uint8_t* out, size_t most) const {
  size_t written = 0;
  uint64_t at = cumulative_ + 1;
  for (; written < most && written < blocks_; ++written, out += 4) {
    const uint64_t first = Next(at, true);
    at = Next(first, false);
    Store16(out, static_cast<uint32_t>(first - cumulative_));
    Store16(out + 2, static_cast<uint32_t>(at - 1 - cumulative_));
  }
  return written;
}

void TsnMap::Grow(uint64_t reach) {
  const size_t capacity = std::bit_ceil(std::max(static_cast<size_t>(reach) + 1, kFirstCapacity));
  auto words = std::make_unique<uint64_t[]>(capacity / kWordBits);
  for (uint64_t at = cumulative_ + 1; at <= highest_;) {
    // The other bits of a word may stand for TSNs at the other end of the ring.
    const size_t bits = static_cast<size_t>(std::min(highest_ + 1 - at, kWordBits - at % kWordBits));
    words[(at & (capacity - 1)) / kWordBits] |= WordOf(at) & Mask(at, bits);
    ++work_;
    at += bits;
  }
  words_ = std::move(words);
  capacity_ = capacity;
}

void TsnMap::Trim() {
  if (HasGaps()) return;
  words_.reset();
  capacity_ = 0;
}

}  // namespace mailport::sctp
