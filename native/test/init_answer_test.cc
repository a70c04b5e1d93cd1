// The answer to an INIT: nothing is kept, rules are enforced, unknown parameters are reported.
#include <algorithm>

#include "handshake.h"

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

// Type 0xc001 (skip, report) comes back in the INIT ACK as an Unrecognized Parameter (section 3.2.1).
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
TEST("an INIT with a host name, or with hundreds of parameters, is refused") {
  Pair pair;
  auto refused = [&](PacketBuilder packet, uint16_t cause) {
    auto answers = AnswersTo(pair, packet.Done());
    REQUIRE(answers.size() == 1);
    const auto chunks = ChunksOf(answers[0]);
    REQUIRE(chunks.size() == 1 && chunks[0].type == kChunkAbort);
    EXPECT_EQ(chunks[0].Word(0) >> 16, cause);
  };
  refused(PacketBuilder(6000, kServerPort, 0).Words(kChunkInit, 0, {9, 65536, 0x000a000a, 1, 0x000b0008, 0x61626300}), kCauseUnresolvableAddress);
  std::vector<uint8_t> many(16 + 300 * 4);
  Store32(many.data(), 9);
  Store32(many.data() + 4, 65536);
  Store32(many.data() + 8, 0x000a000a);
  for (size_t at = 16; at < many.size(); at += 4) Store32(many.data() + at, 0x80010004);
  refused(PacketBuilder(6000, kServerPort, 0).Chunk(kChunkInit, 0, many), kCauseOutOfResource);
}

TEST("unknown parameters too large to be echoed are left out, and the INIT is answered all the same") {
  Pair pair;
  std::vector<uint8_t> large(16 + 20 * 100);
  Store32(large.data(), 9);
  Store32(large.data() + 4, 65536);
  Store32(large.data() + 8, 0x000a000a);
  for (size_t at = 16; at < large.size(); at += 100) Store32(large.data() + at, 0xc0010064);
  auto answers = AnswersTo(pair, PacketBuilder(6000, kServerPort, 0).Chunk(kChunkInit, 0, large).Done());
  REQUIRE(answers.size() == 1);
  EXPECT_TRUE(HasChunk(answers[0], kChunkInitAck));
  EXPECT_TRUE(answers[0].size() <= 1452);
}

// The test is the client: INIT with an address list and unknown parameters in the INIT ACK.
TEST("an INIT ACK's unknown parameters are reported in an ERROR behind the COOKIE ECHO") {
  Pair pair;
  std::vector<std::vector<uint8_t>> sent;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from == &pair.client) sent.push_back(packet);
    return false;
  };
  REQUIRE(pair.Connect() == 0);
  pair.net.Settle();
  pair.client.Inject(pair.FromServer(), PacketBuilder(kServerPort, kClientPort, pair.tag_to_client)
                                            .Words(kChunkInitAck, 0, {77, 65536, 0x000a000a, 1, 0x00070008, 0xc00c1e00, 0xc0010008, 0xdeadbeef})
                                            .Done());
  pair.net.Settle();
  EXPECT_TRUE(HasChunk(sent.back(), kChunkCookieEcho));
  pair.client.Inject(pair.FromServer(), PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Words(kChunkCookieAck, 0, {}).Done());
  pair.net.Settle();
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
  bool reported = false;
  for (auto& packet : sent)
    for (const ChunkView& chunk : ChunksOf(packet))
      reported |= chunk.type == kChunkError && chunk.Word(0) == (uint32_t{kCauseUnrecognizedParams} << 16 | 12) && chunk.Word(4) == 0xc0010008;
  EXPECT_TRUE(reported);
}

// Section 5.2.6 lets the receiver bound the life that a peer asks for. An hour later the cookie must be old.
TEST("a cookie preservative of weeks does not make a cookie live for weeks") {
  for (uint32_t wanted_ms : {0x7fffffffu, 0xffffffffu}) {
    Pair pair;
    auto answers = AnswersTo(pair, PacketBuilder(6000, kServerPort, 0)
                                       .Words(kChunkInit, 0, {9, 65536, 0x000a000a, 1, 0x00090008, wanted_ms})
                                       .Done());
    REQUIRE(answers.size() == 1);
    const auto chunks = ChunksOf(answers[0]);
    REQUIRE(chunks.size() == 1 && chunks[0].type == kChunkInitAck);
    uint32_t tag = chunks[0].Word(0);
    const uint8_t* cookie = chunks[0].body.data() + 16;
    PacketBuilder echo(6000, kServerPort, tag);
    echo.Chunk(kChunkCookieEcho, 0, Bytes(cookie + 4, Load16(cookie + 2) - 4u));
    pair.net.RunFor(3000 * kSecond);
    answers = AnswersTo(pair, echo.Done());
    EXPECT_EQ(pair.server.engine->AssociationsOn(1), 0u);
    REQUIRE(answers.size() == 1);
    EXPECT_TRUE(HasChunk(answers[0], kChunkError));
  }
}

// The sum of the two lives overflowed 32 bits, and a long life became a short one.
TEST("a cookie preservative never makes a cookie's life shorter") {
  Pair pair;
  pair.server.Set(pair.server_socket, Option::kAssocInfo, 0, {0, 0, 0, 0, UINT32_MAX});
  const Offer offer =
      OfferIn(AnswersTo(pair, PacketBuilder(6000, kServerPort, 0).Words(kChunkInit, 0, {9, 65536, 0x000a000a, 1, 0x00090008, 60000}).Done()));
  REQUIRE(offer.given());
  pair.net.RunFor(3000 * kSecond);
  AnswersTo(pair, EchoOf(offer, 6000));
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up");
}

// The peer names a second address. HEARTBEATs from there are answered to there, and data goes on by the first address.
TEST("a peer's further address is answered on, and belongs to the same association") {
  Pair pair;
  SimHost& other = pair.net.AddHost("other", Ipv4(10, 0, 0, 9));
  other.CarrierOn(6000);
  pair.client.CarrierOn(6000);
  std::vector<std::pair<std::string, std::vector<uint8_t>>> answers;
  pair.tap = [&](SimHost& from, SimHost& to, std::vector<uint8_t>& packet) {
    if (&from == &pair.server) answers.push_back({to.name, packet});
    return false;
  };
  PacketRoute route = pair.FromClient();
  route.remote_udp_port = 6000;
  pair.server.Inject(route, PacketBuilder(6000, kServerPort, 0)
                                .Words(kChunkInit, 0, {9, 65536, 0x000a000a, 1, 0x00050008, 0x0a000001, 0x00050008, 0x0a000009})
                                .Done());
  pair.net.Settle();
  REQUIRE(answers.size() == 1);
  const auto chunks = ChunksOf(answers[0].second);
  uint32_t tag = chunks[0].Word(0);
  const uint8_t* cookie = chunks[0].body.data() + 16;
  pair.server.Inject(route, PacketBuilder(6000, kServerPort, tag).Chunk(kChunkCookieEcho, 0, Bytes(cookie + 4, Load16(cookie + 2) - 4u)).Done());
  pair.net.Settle();
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up");
  answers.clear();
  PacketRoute second = route;
  second.remote = other.address;
  pair.server.Inject(second, PacketBuilder(6000, kServerPort, tag).Words(kChunkHeartbeat, 0, {0x00010008, 5}).Done());
  pair.net.Settle();
  REQUIRE(answers.size() == 1);
  EXPECT_EQ(answers[0].first, "other");
  EXPECT_TRUE(HasChunk(answers[0].second, kChunkHeartbeatAck));
}

}  // namespace
}  // namespace mailport::sctp::test
