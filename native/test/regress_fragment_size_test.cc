// Fragments are cut to the peer's window as well as to the path: on a path as wide as loopback's a single one could fill it.
#include <algorithm>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

TEST("a fragment is at most an eighth of the window that the peer began with") {
  constexpr uint32_t kWindow = 128 * 1024;
  Pair pair;
  pair.net.link.mtu = 65504;
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {kWindow});
  pair.Establish();
  size_t largest = 0;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    const auto view = ParsePacket(packet);
    if (&from == &pair.client && view)
      for (const ChunkView& chunk : view->chunks)
        if (chunk.type == kChunkData) largest = std::max(largest, chunk.whole.size());
    return true;
  };
  Transfer(pair, {MessageOf(1, 200'000)}, {});
  EXPECT_TRUE(largest > kWindow / 16 && largest <= kWindow / 8 + kDataHeaderBytes);
}

}  // namespace
}  // namespace mailport::sctp::test
