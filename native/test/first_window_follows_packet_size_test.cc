// The first window of a path was set for its first packet size, and kept when packets became smaller: with pathmtu 1500 on loopback, 40,000
// bytes left before any acknowledgement.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kPmtudDisableFlag = 16;

TEST("on a wide path with a pathmtu of 1500, 4404 bytes leave before anything is acknowledged") {
  Pair pair;
  pair.net.link.mtu = 65504;
  pair.client.Set(pair.client_socket, Option::kPeerAddrParams, 0, {0, 0, 1500, 0, kPmtudDisableFlag});
  pair.Establish();
  size_t payload = 0;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from == &pair.client)
      for (const ChunkView& chunk : ChunksOf(packet))
        if (chunk.type == kChunkData) payload += chunk.body.size() - 12;
    return false;
  };
  for (int i = 0; i < 40; i++) EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, std::vector<uint8_t>(1000)), 0);
  pair.net.RunFor(kSecond);
  // A chunk may begin while the window has room for one byte (section 6.1 B).
  EXPECT_TRUE(payload >= 4404 && payload < 4404 + 1000);
}

}  // namespace
}  // namespace mailport::sctp::test
