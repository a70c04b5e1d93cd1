// FORWARD TSN (RFC 3758 section 3.2, https://www.rfc-editor.org/rfc/rfc3758#section-3.2).
//
//   | type = 192 | flags | length               |
//   | new cumulative TSN                        |
//   | stream identifier | stream sequence no.   | ...
#pragma once

#include "packet.h"

namespace mailport::sctp {

constexpr size_t kForwardTsnHeaderBytes = 8;
// An entry of FORWARD TSN, or of I-FORWARD-TSN (iforward_tsn_chunk.h).
constexpr size_t SkippedStreamBytes(bool interleaved) { return interleaved ? 8 : 4; }

// A stream, and the highest number of a message that is skipped there.
struct SkippedStream {
  uint16_t stream = 0;
  uint32_t ssn = 0;        // In I-FORWARD-TSN the MID.
  bool unordered = false;  // In I-FORWARD-TSN alone.

  bool operator==(const SkippedStream&) const = default;
};

struct ForwardTsnChunk {
  uint32_t cumulative_tsn = 0;
  Bytes skipped;  // SkippedStreamBytes each.
  bool interleaved = false;

  size_t streams() const { return skipped.size() / SkippedStreamBytes(interleaved); }
  SkippedStream StreamAt(size_t index) const {
    const uint8_t* p = skipped.data() + index * SkippedStreamBytes(interleaved);
    return interleaved ? SkippedStream{Load16(p), Load32(p + 4), (p[3] & 1) != 0} : SkippedStream{Load16(p), Load16(p + 2), false};
  }
};

// Of FORWARD TSN and I-FORWARD-TSN. False: the chunk is too short, or its last entry is cut.
inline bool ParseForwardTsn(const Chunk& chunk, ForwardTsnChunk* forward) {
  const bool interleaved = chunk.type == kChunkIForwardTsn;
  if (chunk.bytes.size() < kForwardTsnHeaderBytes || (chunk.bytes.size() - kForwardTsnHeaderBytes) % SkippedStreamBytes(interleaved) != 0) return false;
  *forward = {Load32(chunk.bytes.data() + 4), chunk.bytes.subspan(kForwardTsnHeaderBytes), interleaved};
  return true;
}

inline void WriteForwardTsn(uint32_t cumulative_tsn, std::span<const SkippedStream> skipped, uint8_t* chunk) {
  chunk[0] = kChunkForwardTsn;
  chunk[1] = 0;
  Store16(chunk + 2, static_cast<uint32_t>(kForwardTsnHeaderBytes + SkippedStreamBytes(false) * skipped.size()));
  Store32(chunk + 4, cumulative_tsn);
  for (uint8_t* entry = chunk + kForwardTsnHeaderBytes; const SkippedStream& each : skipped) {
    Store16(entry, each.stream);
    Store16(entry + 2, each.ssn);
    entry += SkippedStreamBytes(false);
  }
}

}  // namespace mailport::sctp
