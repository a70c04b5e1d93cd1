// A gap block does not give a message to the peer's application: an earlier message of the stream may be missing, and with the association the peer forgets
// both. The sender used to hear of the missing one alone, so the other was neither delivered nor reported.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

TEST("a message that only a gap block has acknowledged is reported as failed when the association ends") {
  Pair pair;
  pair.Establish();
  pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    for (const ChunkView& chunk : ChunksOf(packet))
      if (chunk.type == kChunkData && chunk.Word(0) == pair.client_tsn) return false;
    return true;
  };
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("one")), 0);
  pair.net.Settle();
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("two")), 0);
  pair.net.RunFor(10 * kMillisecond);
  EXPECT_TRUE(pair.server.items(pair.server_socket).empty());
  pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagAbort);
  pair.net.RunFor(10 * kMillisecond);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_lost(12) send_failed:sent send_failed:sent");
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_lost(12)");
}

}  // namespace
}  // namespace mailport::sctp::test
