// What an INIT is answered with: nothing is kept, rules are enforced, unknown parameters are reported.
#include <algorithm>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

TEST("an INIT of a stranger keeps nothing, however many come") {
  Pair pair;
  pair.Establish();
  Random random(7);
  for (int i = 0; i < 20'000; i++) {
    PacketRoute route = pair.FromClient();
    route.remote = Ipv4(172, 16, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i));
    pair.server.Inject(route, PacketBuilder(static_cast<uint16_t>(1024 + random.Below(60'000)), kServerPort, 0)
                                  .Init(static_cast<uint32_t>(random.Next()) | 1, static_cast<uint32_t>(random.Next()))
                                  .Done());
  }
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 1u);
  WorksBothWays(pair);
}

// Section 3.3.2, 5.1, 8.5.1.
TEST("INITs that break a rule are refused or ignored and keep nothing") {
  Pair pair;
  auto is_abort_or_nothing = [](const std::vector<std::vector<uint8_t>>& answers, uint32_t tag) {
    if (answers.empty()) return true;
    auto view = ParsePacket(answers[0]);
    return answers.size() == 1 && view->chunks.size() == 1 && view->chunks[0].type == kChunkAbort && (tag == 0 || view->tag == tag);
  };
  EXPECT_TRUE(is_abort_or_nothing(AnswersTo(pair, PacketBuilder(6000, kServerPort, 0).Init(0, 1).Done()), 0));
  EXPECT_TRUE(is_abort_or_nothing(AnswersTo(pair, PacketBuilder(6000, kServerPort, 0).Init(9, 1, 65536, 0, 10).Done()), 9));
  EXPECT_TRUE(is_abort_or_nothing(AnswersTo(pair, PacketBuilder(6000, kServerPort, 0).Init(9, 1, 65536, 10, 0).Done()), 9));
  EXPECT_TRUE(is_abort_or_nothing(AnswersTo(pair, PacketBuilder(6000, kServerPort, 77).Init(9, 1).Done()), 0));
  EXPECT_TRUE(is_abort_or_nothing(
      AnswersTo(pair, PacketBuilder(6000, kServerPort, 0).Init(9, 1).Words(kChunkCookieAck, 0, {}).Done()), 0));
  EXPECT_TRUE(is_abort_or_nothing(AnswersTo(pair, PacketBuilder(6000, kServerPort, 0).Words(kChunkInit, 0, {9, 65536, 0x000a000a}).Done()), 0));
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 0u);
  auto good = AnswersTo(pair, PacketBuilder(6000, kServerPort, 0).Init(9, 1).Done());
  REQUIRE(good.size() == 1);
  EXPECT_TRUE(HasChunk(good[0], kChunkInitAck));
  EXPECT_EQ(ParsePacket(good[0])->tag, 9u);
}

// Section 3.2.1: type 0xc001 (skip, report) comes back in the INIT ACK as an Unrecognized Parameter.
TEST("an INIT's unknown parameter is reported in the INIT ACK if its type says so") {
  Pair pair;
  auto answers = AnswersTo(pair, PacketBuilder(6000, kServerPort, 0)
                                     .Words(kChunkInit, 0, {9, 65536, 0x000a000a, 1, 0xc0010008, 0xdeadbeef, 0x80010008, 0xfeedface})
                                     .Done());
  REQUIRE(answers.size() == 1);
  std::vector<uint8_t> echoed = {0, kParamUnrecognized, 0, 12, 0xc0, 1, 0, 8, 0xde, 0xad, 0xbe, 0xef}, silent = {0xfe, 0xed, 0xfa, 0xce};
  EXPECT_TRUE(std::search(answers[0].begin(), answers[0].end(), echoed.begin(), echoed.end()) != answers[0].end());
  EXPECT_TRUE(std::search(answers[0].begin(), answers[0].end(), silent.begin(), silent.end()) == answers[0].end());
}
}  // namespace
}  // namespace mailport::sctp::test
