#include "tsn_tracker.h"

#include <algorithm>

namespace mailport::sctp {

namespace {

constexpr size_t kMaxDuplicates = 32;  // Reported in one SACK.

}  // namespace

void TsnTracker::Reset(uint32_t peer_initial_tsn) {
  // Far from zero, so that unwrapping a TSN before the first one stays positive.
  seen_.Reset((uint64_t{1} << 32) + static_cast<uint32_t>(peer_initial_tsn - 1));
  duplicates_.clear();
}

void TsnTracker::NoteDuplicate(uint32_t tsn) {
  if (duplicates_.size() < kMaxDuplicates) duplicates_.push_back(tsn);
}

size_t TsnTracker::SackBytes(size_t room) const {
  if (room < kSackHeaderBytes) return 0;
  const size_t entries = (room - kSackHeaderBytes) / kGapBlockBytes;
  const size_t blocks = std::min(seen_.blocks(), entries);
  const size_t duplicates = std::min(duplicates_.size(), entries - blocks);
  return kSackHeaderBytes + kGapBlockBytes * (blocks + duplicates);
}

void TsnTracker::WriteSack(uint32_t a_rwnd, uint8_t* chunk, size_t bytes) {
  const size_t entries = (bytes - kSackHeaderBytes) / kGapBlockBytes;
  const size_t blocks = seen_.WriteBlocks(chunk + kSackHeaderBytes, entries);
  uint8_t* out = chunk + kSackHeaderBytes + kGapBlockBytes * blocks;
  const size_t duplicates = std::min(duplicates_.size(), entries - blocks);
  for (size_t i = 0; i < duplicates; ++i, out += kGapBlockBytes) Store32(out, duplicates_[i]);
  for (; out < chunk + Padded(bytes); ++out) *out = 0;
  WriteSackHeader(cumulative(), a_rwnd, blocks, duplicates, chunk);
  duplicates_.clear();
}

}  // namespace mailport::sctp
