// Which TSNs of the peer have come, once or more often, and the SACK that reports them (RFC 9260 sections 3.3.4, 6.2).
#pragma once

#include <vector>

#include "../packet/sack_chunk.h"
#include "tsn_map.h"

namespace mailport::sctp {

class TsnTracker {
 public:
  void Reset(uint32_t peer_initial_tsn);
  // Extends a TSN of 32 bits to 64, so that later TSNs are greater.
  uint64_t Unwrap(uint32_t tsn) const {
    const uint64_t cumulative = seen_.cumulative();
    return cumulative + static_cast<uint64_t>(int64_t{static_cast<int32_t>(tsn - static_cast<uint32_t>(cumulative))});
  }
  const TsnMap& seen() const { return seen_; }
  uint32_t cumulative() const { return static_cast<uint32_t>(seen_.cumulative()); }
  bool IsInReach(uint64_t tsn) const { return tsn <= seen_.cumulative() + TsnMap::kReach; }
  // Records a TSN that has not been seen and is within reach.
  void Record(uint64_t tsn) { seen_.Record(tsn); }
  // The peer will send nothing more up to `tsn`, which is beyond the cumulative one.
  void SkipTo(uint64_t tsn) { seen_.SkipTo(tsn); }
  void NoteDuplicate(uint32_t tsn);
  bool HasDuplicates() const { return !duplicates_.empty(); }
  void Trim() { seen_.Trim(); }

  // Size of the SACK chunk that fits into `room` bytes, 0 if even its header does not. WriteSack writes it and forgets the duplicates.
  size_t SackBytes(size_t room) const;
  void WriteSack(uint32_t a_rwnd, uint8_t* chunk, size_t bytes);

 private:
  TsnMap seen_;
  std::vector<uint32_t> duplicates_;
};

}  // namespace mailport::sctp
