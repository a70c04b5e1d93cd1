// A peer's further addresses go with the tag of its present life, and with no other: not of the life before a restart, not after its end.
#include "handshake.h"

namespace mailport::sctp::test {
namespace {

std::vector<uint8_t> InitOf(uint32_t tag, bool lists) {
  PacketBuilder packet(kClientPort, kServerPort, 0);
  if (lists) packet.Words(kChunkInit, 0, {tag, 65536, 0x000a000a, 1, 0x00050008, 0x0a000105});
  else packet.Init(tag, 1);
  return packet.Done();
}

// The answer to a HEARTBEAT under `tag` from the listed address: the chunk's type and flags, and the packet's tag.
std::string Probe(Pair& pair, uint32_t tag) {
  PacketRoute route = pair.FromClient();
  route.remote = Ipv4(10, 0, 1, 5);
  const auto answers =
      AnswersOf(pair, pair.server, route, PacketBuilder(kClientPort, kServerPort, tag).Words(kChunkHeartbeat, 0, {0x00010008, 1}).Done());
  if (answers.size() != 1) return "none";
  const auto view = ParsePacket(answers[0]);
  const bool reflects = view->chunks.at(0).type == kChunkAbort && view->chunks[0].flags == kTagReflected && view->tag == tag;
  return reflects ? "stranger" : view->chunks[0].type == kChunkHeartbeatAck ? "peer " + std::to_string(view->tag) : "?";
}

TEST("a listed address is the peer's under the tag of its present life: from set-up, over a restart, to the end") {
  Pair pair;
  pair.net.AddHost("listed", Ipv4(10, 0, 1, 5));
  const auto begin = [&](uint32_t tag, bool lists) {
    const Offer offer = OfferIn(AnswersOf(pair, pair.server, pair.FromClient(), InitOf(tag, lists)));
    REQUIRE(offer.given());
    AnswersOf(pair, pair.server, pair.FromClient(), EchoOf(offer));
    return offer.tag;
  };
  const uint32_t first = begin(77, true);
  EXPECT_EQ(Probe(pair, first), "peer 77");
  const uint32_t second = begin(78, true);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up restart");
  EXPECT_EQ(Probe(pair, second), "peer 78");
  EXPECT_EQ(Probe(pair, first), "stranger");
  AnswersOf(pair, pair.server, pair.FromClient(), PacketBuilder(kClientPort, kServerPort, second).Words(kChunkAbort, 0, {}).Done());
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_lost");
  EXPECT_EQ(Probe(pair, second), "stranger");
  EXPECT_EQ(Probe(pair, first), "stranger");
  // A peer that listed nothing has one address, after a restart as well.
  const uint32_t third = begin(79, false);
  EXPECT_EQ(Probe(pair, third), "stranger");
  const uint32_t fourth = begin(80, false);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up restart");
  EXPECT_EQ(Probe(pair, fourth), "stranger");
}

}  // namespace
}  // namespace mailport::sctp::test
