// Two ends that know I-DATA, if asked to, and packets of the client with I-DATA and I-FORWARD-TSN chunks.
#pragma once

#include "packet/iforward_tsn_chunk.h"
#include "pair.h"

namespace mailport::sctp::test {

struct Interleaving : Pair {
  explicit Interleaving(uint64_t seed = 1, bool client_offers = true, bool server_offers = true) : Pair(seed) {
    client.Set(client_socket, Option::kInterleavingSupported, 0, {client_offers});
    server.Set(server_socket, Option::kInterleavingSupported, 0, {server_offers});
    client.Set(client_socket, Option::kNodelay, 0, {1});
    server.Set(server_socket, Option::kNodelay, 0, {1});
  }
  bool Agreed() {
    const auto here = client.Get(client_socket, Option::kInterleavingSupported, client_assoc);
    const auto there = server.Get(server_socket, Option::kInterleavingSupported, server_assoc);
    REQUIRE(here.size() == 1 && here == there);
    return here[0] != 0;
  }
  // A fragment of message `mid`, with the client's TSN number `tsn`. `word` is the ppid or the FSN.
  std::vector<uint8_t> Fragment(uint32_t tsn, uint16_t stream, uint32_t mid, uint32_t word, uint8_t flags, const std::string& text = "x") const {
    std::vector<uint8_t> body(16);
    Store32(&body[0], client_tsn + tsn);
    Store16(&body[4], stream);
    Store32(&body[8], mid);
    Store32(&body[12], word);
    body.insert(body.end(), text.begin(), text.end());
    return PacketBuilder(kClientPort, kServerPort, tag_to_server).Chunk(kChunkIData, flags, body).Done();
  }
  std::vector<uint8_t> Forward(uint32_t tsn, std::initializer_list<SkippedStream> skipped = {}) const {
    std::vector<uint8_t> chunk(kForwardTsnHeaderBytes + SkippedStreamBytes(true) * skipped.size());
    WriteIForwardTsn(client_tsn + tsn, {skipped.begin(), skipped.end()}, chunk.data());
    return PacketBuilder(kClientPort, kServerPort, tag_to_server).Raw(chunk).Done();
  }
  // The server gets a packet of the client's at once.
  void ToServer(const std::vector<uint8_t>& packet) {
    server.Inject(FromClient(), packet);
    net.Settle();
  }
  std::string ServerStory() { return Story(server.Take(server_socket)); }
};

}  // namespace mailport::sctp::test
