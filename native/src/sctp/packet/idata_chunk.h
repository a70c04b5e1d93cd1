// I-DATA (RFC 8260 section 2.1, https://www.rfc-editor.org/rfc/rfc8260#section-2.1): DATA with a longer number for its message, and a number for its fragment.
//
//   | type = 64 | reserved |I|U|B|E|  length                |
//   | TSN                                                   |
//   | stream identifier | reserved                          |
//   | message identifier (MID)                              |
//   | payload protocol identifier if B is set, else the     |
//   | fragment sequence number (FSN); that of B is 0        |
//   | user data ...                                         |
#pragma once

#include "data_chunk.h"

namespace mailport::sctp {

// False: the chunk is shorter than its header. The payload may be empty: see ParseData.
inline bool ParseIData(const Chunk& chunk, DataChunk* data) {
  if (chunk.bytes.size() < kIDataHeaderBytes) return false;
  const uint8_t* p = chunk.bytes.data();
  const bool begins = (chunk.flags & kDataBegin) != 0;
  const uint32_t word = Load32(p + 16);
  *data = {Load32(p + 4), Load16(p + 8), Load32(p + 12), begins ? word : 0, chunk.flags, chunk.bytes.subspan(kIDataHeaderBytes), begins ? 0 : word};
  return true;
}

// Writes the header; the caller puts the payload behind it. `data.payload` is not read.
inline void WriteIDataHeader(const DataChunk& data, size_t payload_bytes, uint8_t* chunk) {
  chunk[0] = kChunkIData;
  chunk[1] = data.flags;
  Store16(chunk + 2, static_cast<uint32_t>(kIDataHeaderBytes + payload_bytes));
  Store32(chunk + 4, data.tsn);
  Store16(chunk + 8, data.stream);
  Store16(chunk + 10, 0);
  Store32(chunk + 12, data.ssn);
  Store32(chunk + 16, (data.flags & kDataBegin) != 0 ? data.ppid : data.fsn);
}

}  // namespace mailport::sctp
