// How the bytes of a stream become packets: the options `packet`, `packetSize`, `lineDelimiter` and `buffer`, and the wish of `expect`. The numbers of the modes
// are those of native/contract/inet.ts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mailport::framing {

using Bytes = std::span<const uint8_t>;

enum class PacketMode : uint8_t { kRaw = 0, kOne = 1, kTwo = 2, kFour = 4, kLine = 5 };

// The longest packet that a header of four bytes may announce: header and packet together are as long as a signed number can say (TM-8).
constexpr uint32_t kMaxPacketBytes = 0x7fffffff - 4;
// What a header may announce unless `packetSize` says more, so that no peer makes a socket that nobody has configured hold gigabytes.
constexpr uint32_t kDefaultPacketBytes = 64 * 1024 * 1024;
// As gen_tcp has it (TM-3).
constexpr uint32_t kDefaultBufferBytes = 1460;

struct Format {
  PacketMode mode = PacketMode::kRaw;
  uint8_t delimiter = '\n';
  uint32_t packet_size = 0;  // The longest packet without its header; 0: kDefaultPacketBytes.
  uint32_t buffer = kDefaultBufferBytes;  // Bytes of one piece in mode raw, and of one piece of a line. Never 0.
  uint32_t expect = 0;       // Mode raw: the next piece has exactly so many bytes (TR-2); 0: as they come.
};

}  // namespace mailport::framing
