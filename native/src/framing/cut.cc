#include "cut.h"

#include <algorithm>
#include <cstring>

namespace mailport::framing {

namespace {

Cut CutRaw(const Format& format, size_t held) {
  if (format.expect != 0) return {held >= format.expect ? Verdict::kPacket : Verdict::kIncomplete, 0, format.expect};
  if (held == 0) return {Verdict::kIncomplete, 0, 0};
  return {Verdict::kPacket, 0, std::min<size_t>(held, format.buffer)};
}

Cut CutLine(const Format& format, Bytes held, size_t scanned) {
  const size_t window = std::min<size_t>(held.size(), format.buffer);
  const size_t limit = format.packet_size == 0 ? SIZE_MAX : format.packet_size;
  const size_t from = std::min(scanned, window);
  const void* found = from == window ? nullptr : std::memchr(held.data() + from, format.delimiter, window - from);
  const size_t length = found == nullptr ? window : static_cast<size_t>(static_cast<const uint8_t*>(found) - held.data()) + 1;
  if (length > limit) return {Verdict::kTooLong, 0, 0};
  if (found != nullptr || window == format.buffer) return {Verdict::kPacket, 0, length};
  return {Verdict::kIncomplete, 0, 0};
}

Cut CutByHeader(const Format& format, Bytes held, size_t header) {
  if (held.size() < header) return {Verdict::kIncomplete, header, 0};
  size_t length = 0;
  for (size_t i = 0; i < header; i++) length = length << 8 | held[i];
  const size_t limit = format.packet_size == 0 ? kDefaultPacketBytes : std::min(format.packet_size, kMaxPacketBytes);
  if (length > limit) return {Verdict::kTooLong, 0, 0};
  return {held.size() - header >= length ? Verdict::kPacket : Verdict::kIncomplete, header, length};
}

}  // namespace

Cut CutPacket(const Format& format, Bytes held, size_t scanned) {
  switch (format.mode) {
    case PacketMode::kRaw:
      return CutRaw(format, held.size());
    case PacketMode::kLine:
      return CutLine(format, held, scanned);
    default:
      return CutByHeader(format, held, HeaderBytes(format.mode));
  }
}

size_t HeaderBytes(PacketMode mode) {
  switch (mode) {
    case PacketMode::kOne:
      return 1;
    case PacketMode::kTwo:
      return 2;
    case PacketMode::kFour:
      return 4;
    default:
      return 0;
  }
}

bool WriteHeader(PacketMode mode, size_t packet_bytes, uint8_t* header) {
  const size_t bytes = HeaderBytes(mode);
  if (bytes == 0) return true;
  const size_t most = bytes == kMaxHeaderBytes ? kMaxPacketBytes : (size_t{1} << (8 * bytes)) - 1;
  if (packet_bytes > most) return false;
  for (size_t i = 0; i < bytes; i++) header[i] = static_cast<uint8_t>(packet_bytes >> (8 * (bytes - 1 - i)));
  return true;
}

}  // namespace mailport::framing
