// A caller that the test speaks for: its INIT, the cookie that it is given, and the packet that echoes the cookie.
#pragma once

#include "pair.h"

namespace mailport::sctp::test {

struct Offer {
  uint32_t tag = 0;  // Tag of the answering end.
  std::vector<uint8_t> cookie;

  bool given() const { return !cookie.empty(); }
};

// The offer of an INIT ACK among `packets`.
inline Offer OfferIn(const std::vector<std::vector<uint8_t>>& packets) {
  Offer offer;
  for (const auto& packet : packets)
    for (const ChunkView& chunk : ChunksOf(packet)) {
      if (chunk.type != kChunkInitAck) continue;
      const uint8_t* cookie = chunk.body.data() + 16;  // The first parameter.
      offer.tag = chunk.Word(0);
      offer.cookie.assign(cookie + 4, cookie + Load16(cookie + 2));
    }
  return offer;
}

inline std::vector<uint8_t> EchoOf(const Offer& offer, uint16_t from = kClientPort, uint16_t to = kServerPort) {
  return PacketBuilder(from, to, offer.tag).Chunk(kChunkCookieEcho, 0, offer.cookie).Done();
}

// The packets that `host` sends when `packet` comes in by `route`. None of them arrives.
inline std::vector<std::vector<uint8_t>> AnswersOf(Pair& pair, SimHost& host, const PacketRoute& route, Bytes packet) {
  std::vector<std::vector<uint8_t>> answers;
  const Tap before = std::exchange(pair.tap, [&](SimHost& from, SimHost&, std::vector<uint8_t>& sent) {
    if (&from == &host) answers.push_back(sent);
    return false;
  });
  host.Inject(route, packet);
  pair.net.Settle();
  pair.tap = before;
  return answers;
}

}  // namespace mailport::sctp::test
