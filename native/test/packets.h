// Packets as tests see them: taken apart, built by hand, described. Written apart from the engine's own packet code, which it checks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "types.h"
#include "packet/wire.h"

namespace mailport::sctp::test {

struct ChunkView {
  uint8_t type = 0, flags = 0;
  Bytes whole;  // Header included, padding not.
  Bytes body;   // Behind the header.

  uint32_t Word(size_t offset) const { return offset + 4 <= body.size() ? Load32(body.data() + offset) : 0; }
};

struct PacketView {
  uint16_t source_port = 0, destination_port = 0;
  uint32_t tag = 0;
  std::vector<ChunkView> chunks;

  bool Has(uint8_t type) const { return Find(type) != nullptr; }
  const ChunkView* Find(uint8_t type) const;
};

// Gives nothing if a length is wrong, and does not look at the checksum. The view points into `packet`.
std::optional<PacketView> ParsePacket(Bytes packet);

// The chunks; none if a length is wrong.
std::vector<ChunkView> ChunksOf(Bytes packet);

// Whether a packet has a chunk of that type.
bool HasChunk(Bytes packet, uint8_t type);

// The fault of a packet that an engine made, or "". RFC 9260's rules for senders: lengths, padding, checksum, INIT, INIT ACK and SHUTDOWN COMPLETE alone,
// an empty tag with INIT only, control chunks before DATA, no empty DATA; and one SACK and one SHUTDOWN at most, as more would be waste.
std::string FaultOf(Bytes packet);

// One line: "5000>7 tag=… INIT" and the like.
std::string Describe(Bytes packet);

class PacketBuilder {
 public:
  PacketBuilder(uint16_t source_port, uint16_t destination_port, uint32_t tag);
  PacketBuilder& Chunk(uint8_t type, uint8_t flags, Bytes body);
  PacketBuilder& Words(uint8_t type, uint8_t flags, std::initializer_list<uint32_t> words);
  PacketBuilder& Raw(Bytes chunk);
  PacketBuilder& Data(uint32_t tsn, uint16_t stream, uint16_t ssn, Bytes payload, uint8_t flags = kDataBegin | kDataEnd, uint32_t ppid = 0);
  PacketBuilder& Init(uint32_t tag, uint32_t tsn, uint32_t window = 65536, uint16_t outbound = 10, uint16_t inbound = 10);
  // With the checksum filled in.
  std::vector<uint8_t> Done();

 private:
  std::vector<uint8_t> bytes_;
};

void FixChecksum(std::vector<uint8_t>* packet);

}  // namespace mailport::sctp::test
