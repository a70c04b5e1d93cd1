// I-FORWARD-TSN (RFC 8260 section 2.3.1, https://www.rfc-editor.org/rfc/rfc8260#section-2.3.1). ParseForwardTsn reads it.
//
//   | type = 194 | flags | length               |
//   | new cumulative TSN                        |
//   | stream identifier | reserved           |U|
//   | message identifier (MID)                  | ...
#pragma once

#include "forward_tsn_chunk.h"

namespace mailport::sctp {

inline void WriteIForwardTsn(uint32_t cumulative_tsn, std::span<const SkippedStream> skipped, uint8_t* chunk) {
  chunk[0] = kChunkIForwardTsn;
  chunk[1] = 0;
  Store16(chunk + 2, static_cast<uint32_t>(kForwardTsnHeaderBytes + SkippedStreamBytes(true) * skipped.size()));
  Store32(chunk + 4, cumulative_tsn);
  for (uint8_t* entry = chunk + kForwardTsnHeaderBytes; const SkippedStream& each : skipped) {
    Store16(entry, each.stream);
    Store16(entry + 2, each.unordered ? 1 : 0);
    Store32(entry + 4, each.ssn);
    entry += SkippedStreamBytes(true);
  }
}

}  // namespace mailport::sctp
