// A set of chunks on their way, by their number in the order of sending. Next skips absent numbers at a cost that does not grow with their count: a word tells
// which of 64 bits are set, a word of the level above tells which of 64 words are not 0, and so on. Up to 64 numbers need one word, which is in the set itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace mailport::sctp {

class ChunkSet {
 public:
  // Makes room for all numbers in [first, end). Only these may be in the set, or be asked for.
  void Reserve(uint64_t first, uint64_t end) {
    if (end - first > capacity_) Grow(first, end);
  }
  void Insert(uint64_t number);
  void Erase(uint64_t number);
  bool Contains(uint64_t number) const { return (words()[Slot(number) / kWordBits] >> number % kWordBits & 1) != 0; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The first number of the set in [from, end); `end` if there is none.
  uint64_t Next(uint64_t from, uint64_t end) const;
  void Clear();
  // Gives the memory back if the set is empty.
  void Trim();
  size_t memory_bytes() const { return more_ == nullptr ? 0 : begins_[levels_ - 1] * sizeof(uint64_t); }

 private:
  static constexpr size_t kWordBits = 64;
  // 2^30 chunks: their records alone would take 40 GiB.
  static constexpr size_t kMaxLevels = 5;

  uint64_t* words() { return more_ == nullptr ? &only_ : more_.get(); }
  const uint64_t* words() const { return more_ == nullptr ? &only_ : more_.get(); }
  // Where a level begins among the words, and behind it where the last one ends.
  size_t BeginOf(size_t level) const { return level == 0 ? 0 : begins_[level - 1]; }
  size_t Slot(uint64_t number) const { return static_cast<size_t>(number) & (capacity_ - 1); }
  size_t FirstAtOrAfter(size_t slot) const;
  void Layout(size_t capacity);
  void Grow(uint64_t first, uint64_t end);

  uint64_t only_ = 0;
  std::unique_ptr<uint64_t[]> more_;  // All levels, the lowest first. Null: `only_` is the only word.
  std::array<uint32_t, kMaxLevels> begins_{};  // Of the second level, and so on, then where the last one ends.
  uint32_t levels_ = 0;
  uint32_t capacity_ = 0;  // Bits of the lowest level, a power of two. A number's bit is at its remainder.
  uint32_t size_ = 0;
};

}  // namespace mailport::sctp
