// One packet full of HEARTBEATs was answered with hundreds of packets, to any address that the peer had listed as its own.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

TEST("a packet full of HEARTBEATs gets one packet in answer, no larger than itself") {
  Pair pair;
  pair.Establish();
  PacketBuilder many(kClientPort, kServerPort, pair.tag_to_server);
  for (uint32_t i = 0; i < 100; i++) many.Words(kChunkHeartbeat, 0, {0x00010008, i});
  const std::vector<uint8_t> packet = many.Done();
  const auto answers = AnswersTo(pair, packet);
  REQUIRE(answers.size() == 1);
  EXPECT_TRUE(answers[0].size() <= packet.size());
  const auto chunks = ChunksOf(answers[0]);
  REQUIRE(!chunks.empty() && chunks[0].type == kChunkHeartbeatAck);
  EXPECT_EQ(chunks[0].Word(4), 0u);
}

}  // namespace
}  // namespace mailport::sctp::test
