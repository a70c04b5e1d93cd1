// Where one packet of a stream ends, and the header of one that is sent. Nothing here keeps bytes.
#pragma once

#include "format.h"

namespace mailport::framing {

enum class Verdict : uint8_t { kPacket, kIncomplete, kTooLong };

struct Cut {
  Verdict verdict;
  size_t header;  // Bytes in front of the packet that are not part of it.
  // Of a packet. If it is incomplete: how long it will be, as far as that is known; 0 if it is not.
  size_t length;

  size_t whole() const { return header + length; }
};

// Looks for a packet at the beginning of `held`. The first `scanned` bytes have been looked at before, and hold no delimiter.
//
// A line is looked for in its first `buffer` bytes alone, so that the answer does not depend on how much has been read beyond them: a longer line comes in
// pieces (TM-13), or is too long if `packet_size` is smaller than a piece (TM-14).
Cut CutPacket(const Format& format, Bytes held, size_t scanned = 0);

constexpr size_t kMaxHeaderBytes = 4;
size_t HeaderBytes(PacketMode mode);
// Writes the header of a packet that is sent. False: the packet is longer than its header can say (TM-7).
bool WriteHeader(PacketMode mode, size_t packet_bytes, uint8_t* header);

}  // namespace mailport::framing
