// Taking packets apart and building them.
#include "packets.h"

#include <algorithm>

#include "packet/crc32c.h"

namespace mailport::sctp::test {
namespace {

const char* NameOf(uint8_t type) {
  static constexpr const char* kNames[] = {"DATA",     "INIT",  "INIT_ACK",    "SACK",       "HEARTBEAT", "HEARTBEAT_ACK", "ABORT",            "SHUTDOWN",
                                           "SHUTDOWN_ACK", "ERROR", "COOKIE_ECHO", "COOKIE_ACK", "ECNE",      "CWR",           "SHUTDOWN_COMPLETE"};
  return type < std::size(kNames) ? kNames[type] : "UNKNOWN";
}

size_t LeastBody(uint8_t type) {
  switch (type) {
    case kChunkData: return 13;  // Twelve of header and one of payload.
    case kChunkIData: return 17;
    case kChunkInit: return 16;
    case kChunkInitAck: return 20;
    case kChunkSack: return 12;
    case kChunkShutdown: return 4;
    default: return 0;
  }
}

}  // namespace

const ChunkView* PacketView::Find(uint8_t type) const {
  for (const ChunkView& chunk : chunks)
    if (chunk.type == type) return &chunk;
  return nullptr;
}

std::optional<PacketView> ParsePacket(Bytes packet) {
  if (packet.size() < kCommonHeaderBytes) return std::nullopt;
  PacketView view{Load16(packet.data()), Load16(packet.data() + 2), Load32(packet.data() + 4), {}};
  Bytes rest = packet.subspan(kCommonHeaderBytes);
  while (!rest.empty()) {
    if (rest.size() < kChunkHeaderBytes) return std::nullopt;
    size_t length = Load16(rest.data() + 2);
    if (length < kChunkHeaderBytes || length > rest.size()) return std::nullopt;
    view.chunks.push_back({rest[0], rest[1], rest.first(length), rest.subspan(kChunkHeaderBytes, length - kChunkHeaderBytes)});
    rest = rest.subspan(std::min(Padded(length), rest.size()));
  }
  return view;
}

std::vector<ChunkView> ChunksOf(Bytes packet) {
  auto view = ParsePacket(packet);
  return view ? std::move(view->chunks) : std::vector<ChunkView>();
}

bool HasChunk(Bytes packet, uint8_t type) {
  auto view = ParsePacket(packet);
  return view && view->Has(type);
}

std::string FaultOf(Bytes packet) {
  auto view = ParsePacket(packet);
  if (!view) return "lengths do not add up";
  if (view->chunks.empty()) return "no chunk";
  if (packet.size() % 4 != 0) return "size no multiple of four";
  const uint8_t* crc = packet.data() + 8;
  uint32_t found = crc[0] | static_cast<uint32_t>(crc[1]) << 8 | static_cast<uint32_t>(crc[2]) << 16 | static_cast<uint32_t>(crc[3]) << 24;
  if (found != PacketCrc32c(packet.data(), packet.size())) return "checksum";
  if ((view->tag == 0) != view->Has(kChunkInit)) return "tag 0 belongs to INIT alone";
  bool seen_data = false;
  for (const ChunkView& chunk : view->chunks) {
    if (chunk.body.size() < LeastBody(chunk.type)) return std::string("short ") + NameOf(chunk.type);
    bool lonely = chunk.type == kChunkInit || chunk.type == kChunkInitAck || chunk.type == kChunkShutdownComplete;
    if (lonely && view->chunks.size() > 1) return std::string("bundled ") + NameOf(chunk.type);
    bool once = chunk.type == kChunkSack || chunk.type == kChunkShutdown;
    if (once && std::count_if(view->chunks.begin(), view->chunks.end(), [&](const ChunkView& c) { return c.type == chunk.type; }) > 1)
      return std::string("repeated ") + NameOf(chunk.type);
    const bool is_data = chunk.type == kChunkData || chunk.type == kChunkIData;
    if (seen_data && !is_data && chunk.type != kChunkAbort) return "control chunk behind DATA";
    seen_data |= is_data;
    size_t end = static_cast<size_t>(chunk.whole.data() - packet.data()) + chunk.whole.size();
    for (size_t i = end; i < Padded(end); i++)
      if (packet[i] != 0) return "padding not zero";
  }
  return "";
}

std::string Describe(Bytes packet) {
  auto view = ParsePacket(packet);
  if (!view) return "malformed packet of " + std::to_string(packet.size());
  std::string text = std::to_string(view->source_port) + ">" + std::to_string(view->destination_port) + " tag=" + std::to_string(view->tag);
  for (const ChunkView& chunk : view->chunks) {
    text += std::string(" ") + NameOf(chunk.type) + (chunk.flags ? "/" + std::to_string(chunk.flags) : "");
    if (chunk.type == kChunkData) text += "(tsn=" + std::to_string(chunk.Word(0)) + " sid,ssn=" + std::to_string(chunk.Word(4) >> 16) + "," +
                                          std::to_string(chunk.Word(4) & 0xffff) + " len=" + std::to_string(chunk.whole.size()) + ")";
    if (chunk.type == kChunkSack) text += "(cum=" + std::to_string(chunk.Word(0)) + " rwnd=" + std::to_string(chunk.Word(4)) +
                                          " gaps,dups=" + std::to_string(chunk.Word(8) >> 16) + "," + std::to_string(chunk.Word(8) & 0xffff) + ")";
  }
  return text;
}

PacketBuilder::PacketBuilder(uint16_t source_port, uint16_t destination_port, uint32_t tag) : bytes_(kCommonHeaderBytes) {
  Store16(bytes_.data(), source_port);
  Store16(bytes_.data() + 2, destination_port);
  Store32(bytes_.data() + 4, tag);
}

PacketBuilder& PacketBuilder::Chunk(uint8_t type, uint8_t flags, Bytes body) {
  uint8_t header[kChunkHeaderBytes] = {type, flags};
  Store16(header + 2, static_cast<uint32_t>(kChunkHeaderBytes + body.size()));
  bytes_.insert(bytes_.end(), std::begin(header), std::end(header));
  bytes_.insert(bytes_.end(), body.begin(), body.end());
  bytes_.resize(Padded(bytes_.size()));
  return *this;
}

PacketBuilder& PacketBuilder::Words(uint8_t type, uint8_t flags, std::initializer_list<uint32_t> words) {
  std::vector<uint8_t> body;
  for (uint32_t word : words) {
    body.resize(body.size() + 4);
    Store32(body.data() + body.size() - 4, word);
  }
  return Chunk(type, flags, body);
}

PacketBuilder& PacketBuilder::Raw(Bytes chunk) {
  bytes_.insert(bytes_.end(), chunk.begin(), chunk.end());
  bytes_.resize(Padded(bytes_.size()));
  return *this;
}

PacketBuilder& PacketBuilder::Data(uint32_t tsn, uint16_t stream, uint16_t ssn, Bytes payload, uint8_t flags, uint32_t ppid) {
  std::vector<uint8_t> body(12);
  Store32(body.data(), tsn);
  Store16(body.data() + 4, stream);
  Store16(body.data() + 6, ssn);
  Store32(body.data() + 8, ppid);
  body.insert(body.end(), payload.begin(), payload.end());
  return Chunk(kChunkData, flags, body);
}

PacketBuilder& PacketBuilder::Init(uint32_t tag, uint32_t tsn, uint32_t window, uint16_t outbound, uint16_t inbound) {
  return Words(kChunkInit, 0, {tag, window, static_cast<uint32_t>(outbound) << 16 | inbound, tsn});
}

std::vector<uint8_t> PacketBuilder::Done() {
  FixChecksum(&bytes_);
  return bytes_;
}

void FixChecksum(std::vector<uint8_t>* packet) {
  if (packet->size() < kCommonHeaderBytes) return;
  uint32_t crc = PacketCrc32c(packet->data(), packet->size());
  for (int i = 0; i < 4; i++) (*packet)[8 + i] = static_cast<uint8_t>(crc >> (8 * i));
}

}  // namespace mailport::sctp::test
