// CRC32c as SCTP uses it (RFC 9260 appendix A): SSE4.2 where the CPU has it, slicing tables otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mailport::sctp {

// The finished checksum of `length` bytes, as the 32-bit value that goes into the packet in little-endian byte order.
uint32_t Crc32c(const uint8_t* data, size_t length);
// The checksum of a packet, taking its checksum field (bytes 8 to 11) as zero, without writing to it.
uint32_t PacketCrc32c(const uint8_t* packet, size_t length);
// The table version by itself, for tests.
uint32_t Crc32cTable(const uint8_t* data, size_t length);

}  // namespace mailport::sctp
