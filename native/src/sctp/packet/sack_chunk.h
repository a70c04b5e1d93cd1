// SACK (RFC 9260 section 3.3.4, https://www.rfc-editor.org/rfc/rfc9260#section-3.3.4).
//
//   | type = 3 | flags | length                      |
//   | cumulative TSN                                 |
//   | advertised receiver window                     |
//   | number of gap blocks  | number of duplicates   |
//   | gap block: first and last, from the cumulative | ...
//   | duplicate TSN                                  | ...
#pragma once

#include "packet.h"

namespace mailport::sctp {

constexpr size_t kSackHeaderBytes = 16;
constexpr size_t kGapBlockBytes = 4;  // A duplicate takes as many.

struct SackChunk {
  uint32_t cumulative_tsn = 0;
  uint32_t a_rwnd = 0;
  Bytes gap_blocks;       // kGapBlockBytes each: see GapBlockAt.
  Bytes duplicates = {};  // TSNs, as many bytes each.

  size_t blocks() const { return gap_blocks.size() / kGapBlockBytes; }
};

// The first and the last TSN of a block, counted from the cumulative one.
struct GapBlock {
  size_t first = 0;
  size_t last = 0;
};

inline GapBlock GapBlockAt(Bytes gap_blocks, size_t index) {
  const uint8_t* p = gap_blocks.data() + index * kGapBlockBytes;
  return {Load16(p), Load16(p + 2)};
}

// False: the chunk is shorter than it says.
inline bool ParseSack(const Chunk& chunk, SackChunk* sack) {
  if (chunk.bytes.size() < kSackHeaderBytes) return false;
  const uint8_t* p = chunk.bytes.data();
  const size_t blocks = Load16(p + 12);
  const size_t duplicates = Load16(p + 14);
  if (chunk.bytes.size() < kSackHeaderBytes + kGapBlockBytes * (blocks + duplicates)) return false;
  *sack = {Load32(p + 4), Load32(p + 8), chunk.bytes.subspan(kSackHeaderBytes, kGapBlockBytes * blocks),
           chunk.bytes.subspan(kSackHeaderBytes + kGapBlockBytes * blocks, kGapBlockBytes * duplicates)};
  return true;
}

// Writes the header of a SACK with `blocks` gap blocks and `duplicates` TSNs behind it.
inline void WriteSackHeader(uint32_t cumulative_tsn, uint32_t a_rwnd, size_t blocks, size_t duplicates, uint8_t* chunk) {
  chunk[0] = kChunkSack;
  chunk[1] = 0;
  Store16(chunk + 2, static_cast<uint32_t>(kSackHeaderBytes + kGapBlockBytes * (blocks + duplicates)));
  Store32(chunk + 4, cumulative_tsn);
  Store32(chunk + 8, a_rwnd);
  Store16(chunk + 12, static_cast<uint32_t>(blocks));
  Store16(chunk + 14, static_cast<uint32_t>(duplicates));
}

}  // namespace mailport::sctp
