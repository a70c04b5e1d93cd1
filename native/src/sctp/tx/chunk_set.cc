#include "chunk_set.h"

#include <algorithm>
#include <bit>

namespace mailport::sctp {

void ChunkSet::Insert(uint64_t number) {
  size_t place = Slot(number);
  for (size_t level = 0; level < levels_; ++level, place /= kWordBits) {
    uint64_t& word = words()[BeginOf(level) + place / kWordBits];
    const uint64_t before = word;
    word |= uint64_t{1} << place % kWordBits;
    if (level == 0) size_ += word != before;
    if (before != 0) return;
  }
}

void ChunkSet::Erase(uint64_t number) {
  size_t place = Slot(number);
  for (size_t level = 0; level < levels_; ++level, place /= kWordBits) {
    uint64_t& word = words()[BeginOf(level) + place / kWordBits];
    const uint64_t before = word;
    word &= ~(uint64_t{1} << place % kWordBits);
    if (level == 0) size_ -= word != before;
    if (word != 0) return;
  }
}

// Goes up until a word has a bit left, then down to the first number under that bit.
size_t ChunkSet::FirstAtOrAfter(size_t place) const {
  for (size_t level = 0; level < levels_; ++level) {
    const size_t at = BeginOf(level) + place / kWordBits;
    if (at >= BeginOf(level + 1)) return capacity_;
    const uint64_t word = words()[at] >> place % kWordBits;
    if (word != 0) {
      place += static_cast<size_t>(std::countr_zero(word));
      while (level-- != 0) place = place * kWordBits + static_cast<size_t>(std::countr_zero(words()[BeginOf(level) + place]));
      return place;
    }
    place = place / kWordBits + 1;
  }
  return capacity_;
}

uint64_t ChunkSet::Next(uint64_t from, uint64_t end) const {
  if (size_ == 0 || from >= end) return end;
  const size_t slot = Slot(from);
  size_t found = FirstAtOrAfter(slot);
  if (found == capacity_ && from + (capacity_ - slot) < end) found += FirstAtOrAfter(0);
  return std::min(end, from + (found - slot));
}

void ChunkSet::Clear() {
  if (levels_ != 0) std::fill_n(words(), BeginOf(levels_), 0);
  size_ = 0;
}

void ChunkSet::Trim() {
  if (size_ != 0) return;
  more_.reset();
  levels_ = capacity_ = 0;
}

void ChunkSet::Layout(size_t capacity) {
  capacity_ = static_cast<uint32_t>(capacity);
  levels_ = 0;
  size_t words = capacity / kWordBits;
  uint32_t begin = 0;
  for (;; words = std::max<size_t>(words / kWordBits, 1)) {
    begin += static_cast<uint32_t>(words);
    begins_[levels_++] = begin;
    if (words == 1) break;
  }
  more_ = begin == 1 ? nullptr : std::make_unique<uint64_t[]>(begin);
}

void ChunkSet::Grow(uint64_t first, uint64_t end) {
  ChunkSet grown;
  grown.Layout(std::bit_ceil(std::max<size_t>(static_cast<size_t>(end - first), kWordBits)));
  // Numbers that are in the set lie within the old capacity.
  const uint64_t held_end = std::min<uint64_t>(end, first + capacity_);
  for (uint64_t number = Next(first, held_end); number < held_end; number = Next(number + 1, held_end)) grown.Insert(number);
  *this = std::move(grown);
}

}  // namespace mailport::sctp
