// DATA (RFC 9260 section 3.3.1, https://www.rfc-editor.org/rfc/rfc9260#section-3.3.1).
//
//   | type = 0 | reserved |I|U|B|E|  length     |
//   | TSN                                       |
//   | stream identifier | stream sequence no.   |
//   | payload protocol identifier               |
//   | user data ...                             |
#pragma once

#include "packet.h"

namespace mailport::sctp {

struct DataChunk {
  uint32_t tsn = 0;
  uint16_t stream = 0;
  uint32_t ssn = 0;   // Of an I-DATA chunk the MID.
  uint32_t ppid = 0;  // Of an I-DATA chunk that begins a message.
  uint8_t flags = 0;
  Bytes payload;
  uint32_t fsn = 0;  // Of an I-DATA chunk.
};

// False: the chunk is shorter than its header. The payload may be empty, which section 6.2 forbids: the caller answers that.
inline bool ParseData(const Chunk& chunk, DataChunk* data) {
  if (chunk.bytes.size() < kDataHeaderBytes) return false;
  const uint8_t* p = chunk.bytes.data();
  *data = {Load32(p + 4), Load16(p + 8), Load16(p + 10), Load32(p + 12), chunk.flags, chunk.bytes.subspan(kDataHeaderBytes), 0};
  return true;
}

// Writes the header; the caller puts the payload behind it. `data.payload` is not read.
inline void WriteDataHeader(const DataChunk& data, size_t payload_bytes, uint8_t* chunk) {
  chunk[0] = kChunkData;
  chunk[1] = data.flags;
  Store16(chunk + 2, static_cast<uint32_t>(kDataHeaderBytes + payload_bytes));
  Store32(chunk + 4, data.tsn);
  Store16(chunk + 8, data.stream);
  Store16(chunk + 10, data.ssn);
  Store32(chunk + 12, data.ppid);
}

// Sets the I bit of a chunk that has been written: its receiver acknowledges it without delay.
inline void RequestImmediateSack(uint8_t* chunk) { chunk[1] |= kDataImmediate; }

}  // namespace mailport::sctp
