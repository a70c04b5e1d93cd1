#include "packet.h"

#include <algorithm>

#include "crc32c.h"

namespace mailport::sctp {

namespace {

// The checksum travels with its least significant byte first (RFC 9260 appendix A).
uint32_t LoadChecksum(const uint8_t* p) {
  return static_cast<uint32_t>(p[3]) << 24 | static_cast<uint32_t>(p[2]) << 16 | static_cast<uint32_t>(p[1]) << 8 | p[0];
}

void StoreChecksum(uint8_t* p, uint32_t crc) {
  for (int i = 0; i < 4; ++i) p[i] = static_cast<uint8_t>(crc >> (8 * i));
}

// Whether a packet has to have its checksum, whatever its receiver takes (RFC 9653 section 5.2): with a chunk that comes before the agreement, that sets up an
// association or changes its addresses, or that answers a packet of no association. What may come to an end that has
// forgotten the association has it too, or that end could not answer it as a packet out of the blue: a SHUTDOWN ACK, if the SHUTDOWN COMPLETE was lost (RFC 9260
// section 8.5.1 E), and a HEARTBEAT, if the peer has begun anew.
bool NeedsChecksum(Bytes packet) {
  ChunkReader chunks(packet);
  Chunk chunk;
  while (chunks.Next(&chunk)) {
    switch (chunk.type) {
      case kChunkInit:
      case kChunkCookieEcho:
      case kChunkAsconf:
      case kChunkHeartbeat:
      case kChunkShutdownAck:
        return true;
      case kChunkAbort:
      case kChunkShutdownComplete:
        if ((chunk.flags & kTagReflected) != 0) return true;
        break;
      default:
        break;
    }
  }
  return false;
}

}  // namespace

bool ChecksumIsRight(Bytes packet) { return LoadChecksum(&packet[8]) == PacketCrc32c(packet.data(), packet.size()); }

bool ChecksumIsZero(Bytes packet) { return LoadChecksum(&packet[8]) == 0; }

bool ParseHeader(Bytes packet, PacketHeader* header) {
  if (packet.size() < kCommonHeaderBytes + kChunkHeaderBytes) return false;
  const uint8_t* p = packet.data();
  header->source_port = Load16(p);
  header->destination_port = Load16(p + 2);
  header->verification_tag = Load32(p + 4);
  return header->source_port != 0 && header->destination_port != 0;
}

bool ChunkReader::Next(Chunk* chunk) {
  if (rest_.empty()) return false;
  const size_t length = rest_.size() < kChunkHeaderBytes ? 0 : Load16(rest_.data() + 2);
  if (length < kChunkHeaderBytes || length > rest_.size()) {
    broken_ = true;
    rest_ = {};
    return false;
  }
  at_begin_ = false;
  chunk->type = rest_[0];
  chunk->flags = rest_[1];
  chunk->bytes = rest_.first(length);
  // The last chunk's padding may be missing: some senders leave it out.
  rest_ = Padded(length) >= rest_.size() ? Bytes{} : rest_.subspan(Padded(length));
  return true;
}

uint8_t* PacketBuilder::Add(size_t bytes) {
  if (length_ == 0) {
    // A chunk that was cut before the path's packets became smaller goes alone, in as much room as it needs.
    const size_t need = kCommonHeaderBytes + Padded(bytes);
    packet_ = host_.ReservePacket(std::max({capacity_, need, need > capacity_ ? excess_bytes_ : 0}) + signer_bytes_);
    Store16(packet_, source_port_);
    Store16(packet_ + 2, destination_port_);
    Store32(packet_ + 4, tag_);
    Store32(packet_ + 8, 0);
    length_ = kCommonHeaderBytes;
  }
  uint8_t* place = packet_ + length_;
  for (size_t i = bytes; i < Padded(bytes); ++i) place[i] = 0;
  length_ += Padded(bytes);
  return place;
}

void PacketBuilder::AddChunk(uint8_t type, uint8_t flags, Bytes value) {
  uint8_t* chunk = Add(kChunkHeaderBytes + value.size());
  chunk[0] = type;
  chunk[1] = flags;
  Store16(chunk + 2, static_cast<uint32_t>(kChunkHeaderBytes + value.size()));
  if (!value.empty()) std::memcpy(chunk + kChunkHeaderBytes, value.data(), value.size());
}

void PacketBuilder::PadTo(size_t bytes) {
  const size_t pad = bytes - signer_bytes_ - length_;
  uint8_t* const chunk = Add(pad);
  std::memset(chunk, 0, pad);
  chunk[0] = kChunkPad;
  Store16(chunk + 2, static_cast<uint32_t>(pad));
}

void PacketBuilder::PadInFront(size_t bytes) {
  const uint8_t first = packet_[kCommonHeaderBytes];
  if (first != kChunkData && first != kChunkIData) return;
  const size_t before = length_;
  PadTo(bytes);
  std::rotate(packet_ + kCommonHeaderBytes, packet_ + before, packet_ + length_);
}

void PacketBuilder::Send() {
  if (empty()) return;
  const bool is_excess = length_ > capacity_;
  if (is_excess && length_ + signer_bytes_ + kChunkHeaderBytes <= excess_bytes_) PadInFront(excess_bytes_);
  if (signer_bytes_ != 0) length_ = signer_->Sign(packet_, length_);
  if (checksum_ == Checksum::kAlways || NeedsChecksum({packet_, length_})) StoreChecksum(packet_ + 8, Crc32c(packet_, length_));
  host_.CommitPacket(route_, length_, fragments_ == Fragments::kAllowed || is_excess);
  length_ = 0;
  ++packets_sent_;
}

}  // namespace mailport::sctp
