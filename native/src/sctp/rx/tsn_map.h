// Which TSNs have come: all up to the cumulative one, and beyond that one bit each in a ring of words. Each operation costs the same in whichever order TSNs
// come. Only writing the gap blocks looks at all words in between, 1,024 at most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace mailport::sctp {

class TsnMap {
 public:
  // How far beyond the cumulative TSN a chunk is taken: a gap block reaches no further (RFC 9260 section 3.3.4).
  static constexpr uint64_t kReach = UINT16_MAX;

  void Reset(uint64_t cumulative);
  uint64_t cumulative() const { return cumulative_; }
  bool HasGaps() const { return highest_ != cumulative_; }
  bool Seen(uint64_t tsn) const { return tsn <= cumulative_ || (tsn <= highest_ && IsSet(tsn)); }
  // Whether `tsn` lies below the highest received one.
  bool FillsGap(uint64_t tsn) const { return tsn < highest_; }
  // Records a TSN that has not been seen and is within reach.
  void Record(uint64_t tsn);

  // All TSNs up to `tsn`, which has not been reached yet, are to count as received. Costs as much as recording those that have come.
  void SkipTo(uint64_t tsn);

  // How many TSNs below the highest received one have not come.
  size_t missing() const { return static_cast<size_t>(highest_ - cumulative_) - beyond_; }
  size_t blocks() const { return blocks_; }
  // Writes the first gap blocks, `most` at most, four bytes each as in a SACK. Returns their number.
  size_t WriteBlocks(uint8_t* out, size_t most) const;

  size_t memory_bytes() const { return capacity_ / 8; }
  // Gives the memory back if there are no gaps.
  void Trim();
  // Words looked at or moved so far, for tests of cost.
  uint64_t work() const { return work_; }

 private:
  static constexpr size_t kWordBits = 64;

  uint64_t& WordOf(uint64_t tsn) const { return words_[(tsn & (capacity_ - 1)) / kWordBits]; }
  bool IsSet(uint64_t tsn) const { return (WordOf(tsn) >> (tsn % kWordBits) & 1) != 0; }
  void Advance();
  // Unsets the TSNs in [from, end).
  void Unset(uint64_t from, uint64_t end);
  void Grow(uint64_t reach);
  // The first TSN from `tsn` on, up to the highest, that has come (`set`) or has not; one past the highest if there is none.
  uint64_t Next(uint64_t tsn, bool set) const;

  uint64_t cumulative_ = 0;
  uint64_t highest_ = 0;
  uint32_t beyond_ = 0;    // TSNs that have come beyond the cumulative one.
  uint32_t blocks_ = 0;    // Runs of such TSNs.
  uint32_t capacity_ = 0;  // Bits of `words_`: a power of two, or 0.
  std::unique_ptr<uint64_t[]> words_;  // A bit for each TSN in (cumulative, highest], at its number modulo the capacity; the others are 0.
  mutable uint64_t work_ = 0;
};

}  // namespace mailport::sctp
