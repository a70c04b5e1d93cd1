// One packet: reading its chunks, and composing one in the host's buffer (RFC 9260 section 3).
#pragma once

#include "../host.h"
#include "../types.h"
#include "wire.h"

namespace mailport::sctp {

struct PacketHeader {
  uint16_t source_port;
  uint16_t destination_port;
  uint32_t verification_tag;
};

// Checks the length, and not the checksum. False: the packet is invalid.
bool ParseHeader(Bytes packet, PacketHeader* header);
// Both for a packet that is long enough.
bool ChecksumIsRight(Bytes packet);
bool ChecksumIsZero(Bytes packet);
// Checks length and checksum. False: the packet is invalid.
inline bool ParsePacket(Bytes packet, PacketHeader* header) { return ParseHeader(packet, header) && ChecksumIsRight(packet); }

struct Chunk {
  uint8_t type;
  uint8_t flags;
  Bytes bytes;  // From the type byte on, unpadded.

  Bytes value() const { return bytes.subspan(kChunkHeaderBytes); }
};

// Walks the chunks of a packet. A chunk whose length is wrong ends the walk and sets broken().
class ChunkReader {
 public:
  explicit ChunkReader(Bytes packet) : rest_(packet.subspan(kCommonHeaderBytes)), packet_end_(packet.data() + packet.size()) {}
  bool Next(Chunk* chunk);
  bool broken() const { return broken_; }
  bool AtEnd() const { return rest_.empty(); }
  bool AtBegin() const { return at_begin_; }
  size_t rest_bytes() const { return rest_.size(); }
  // The part of the packet from a chunk on that the reader has given, or may give still.
  Bytes From(const Chunk& chunk) const {
    const uint8_t* const end = rest_.empty() ? packet_end_ : rest_.data() + rest_.size();
    return {chunk.bytes.data(), static_cast<size_t>(end - chunk.bytes.data())};
  }

 private:
  Bytes rest_;
  const uint8_t* packet_end_;
  bool broken_ = false;
  bool at_begin_ = true;
};

// Whether a chunk of that type is among those that the reader has not given yet.
inline bool HasChunk(ChunkReader chunks, uint8_t type) {
  Chunk chunk;
  while (chunks.Next(&chunk))
    if (chunk.type == type) return true;
  return false;
}

// Adds to a whole packet what proves who has sent it.
class PacketSigner {
 public:
  virtual ~PacketSigner() = default;
  // As many bytes as it may add.
  virtual size_t most_bytes() const = 0;
  // Gives the packet's new length.
  virtual size_t Sign(uint8_t* packet, size_t length) = 0;
};

// Whether a packet may go without its checksum, unless what is in it demands one (RFC 9653 section 5.2).
enum class Checksum : uint8_t { kAlways, kIfDemanded };

// Whether IP may fragment a packet on its way. What exceeds the capacity of its builder always may be.
enum class Fragments : uint8_t { kAllowed, kOfExcess };

// Composes packets for one peer, one after the other, in the host's memory.
class PacketBuilder {
 public:
  // `signer` may be null. The bytes that it adds are part of `capacity`. A packet that exceeds the capacity is padded to `excess_bytes`, if it is shorter.
  PacketBuilder(Host& host, const PacketRoute& route, size_t capacity, uint16_t source_port, uint16_t destination_port, uint32_t tag,
                Checksum checksum = Checksum::kAlways, PacketSigner* signer = nullptr, Fragments fragments = Fragments::kAllowed, size_t excess_bytes = 0)
      : host_(host),
        route_(route),
        signer_(signer),
        signer_bytes_(signer == nullptr ? 0 : signer->most_bytes()),
        capacity_(capacity - signer_bytes_),
        source_port_(source_port),
        destination_port_(destination_port),
        tag_(tag),
        checksum_(checksum),
        fragments_(fragments),
        excess_bytes_(excess_bytes) {}

  bool empty() const { return length_ <= kCommonHeaderBytes; }
  // Room left for further chunks.
  size_t room() const {
    const size_t used = length_ == 0 ? kCommonHeaderBytes : length_;
    return used >= capacity_ ? 0 : capacity_ - used;
  }
  // Gives the place for a chunk of `bytes`, and adds zeroed padding. The caller makes sure of the room.
  uint8_t* Add(size_t bytes);
  void AddCopy(Bytes chunk) { std::memcpy(Add(chunk.size()), chunk.data(), chunk.size()); }
  // Adds a chunk of a header and `value`.
  void AddChunk(uint8_t type, uint8_t flags, Bytes value);
  // Fills the packet up to `bytes`, its signature included, with a PAD chunk (RFC 4820). The packet is shorter by more than the header of one.
  void PadTo(size_t bytes);
  // The same in front of all chunks: data has to be last (RFC 9260 section 6.10).
  void PadInFront(size_t bytes);
  // Sends the packet, unless it is empty. The next Add begins a new packet.
  void Send();
  uint64_t packets_sent() const { return packets_sent_; }

 private:
  Host& host_;
  const PacketRoute& route_;
  PacketSigner* const signer_;
  const size_t signer_bytes_;
  const size_t capacity_;
  const uint16_t source_port_, destination_port_;
  const uint32_t tag_;
  const Checksum checksum_;
  const Fragments fragments_;
  const size_t excess_bytes_;
  uint8_t* packet_ = nullptr;
  size_t length_ = 0;
  uint64_t packets_sent_ = 0;
};

}  // namespace mailport::sctp
