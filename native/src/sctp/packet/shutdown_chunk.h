// SHUTDOWN (RFC 9260 section 3.3.8, https://www.rfc-editor.org/rfc/rfc9260#section-3.3.8). SHUTDOWN ACK and SHUTDOWN COMPLETE are bare headers.
//
//   | type = 7 | flags | length = 8 |
//   | cumulative TSN                |
#pragma once

#include <array>

#include "packet.h"

namespace mailport::sctp {

// False: the chunk is too short.
inline bool ParseShutdown(const Chunk& chunk, uint32_t* cumulative_tsn) {
  if (chunk.value().size() < 4) return false;
  *cumulative_tsn = Load32(chunk.value().data());
  return true;
}

inline std::array<uint8_t, 4> ShutdownValue(uint32_t cumulative_tsn) {
  std::array<uint8_t, 4> value;
  Store32(value.data(), cumulative_tsn);
  return value;
}

}  // namespace mailport::sctp
