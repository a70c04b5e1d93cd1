// The cookie for a peer that seems to begin again used to hold the tags of its old association. The sender of that INIT could read them.
#include <algorithm>

#include "handshake.h"

namespace mailport::sctp::test {
namespace {

bool Contains(const std::vector<uint8_t>& packet, uint32_t word) {
  std::array<uint8_t, 4> bytes;
  Store32(bytes.data(), word);
  return std::search(packet.begin(), packet.end(), bytes.begin(), bytes.end()) != packet.end();
}

// Tie-tags are random numbers, so that they do not reveal the verification tags (RFC 9260 section 14.2). Over UDP, a host that shares the peer's address,
// as behind one NAT, can send the peer's INIT and read the answer.
TEST("the answer to an INIT for an established association shows none of its tags") {
  Pair pair;
  pair.Establish();
  const uint32_t tag_to_server = pair.tag_to_server, tag_to_client = pair.tag_to_client;  // The pair notes the tags of every INIT ACK.
  for (int i = 0; i < 2; i++) {
    const auto answers = AnswersTo(pair, PacketBuilder(kClientPort, kServerPort, 0).Init(99, 1).Done());
    REQUIRE(answers.size() == 1 && HasChunk(answers[0], kChunkInitAck));
    EXPECT_FALSE(Contains(answers[0], tag_to_server));
    EXPECT_FALSE(Contains(answers[0], tag_to_client));
  }
  WorksBothWays(pair);
}

std::vector<uint8_t> InitOf(uint32_t tag) { return PacketBuilder(kClientPort, kServerPort, 0).Init(tag, 1).Done(); }

// A cookie that was given before a restart is tied to a life of the association that has ended (section 5.2.4).
TEST("a restart makes the cookies of before it void, and the next one works with a cookie of after it") {
  Pair pair;
  pair.Establish();
  std::vector<Offer> before, tied;
  for (uint32_t tag = 100; tag < 103; tag++) before.push_back(OfferIn(AnswersTo(pair, InitOf(tag))));
  AnswersTo(pair, EchoOf(before[0]));
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "restart");
  for (size_t i = 1; i < before.size(); i++) EXPECT_TRUE(AnswersTo(pair, EchoOf(before[i])).empty());
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
  // A new INIT gets a new tie; the old cookies stay void.
  const Offer after = OfferIn(AnswersTo(pair, InitOf(103)));
  for (size_t i = 1; i < before.size(); i++) EXPECT_TRUE(AnswersTo(pair, EchoOf(before[i])).empty());
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
  AnswersTo(pair, EchoOf(after));
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "restart");
  // The cookie of this life, sent again, is answered and changes nothing.
  EXPECT_EQ(AnswersTo(pair, EchoOf(after)).size(), 1u);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 1u);
}

TEST("a restarted association begins anew: counters of errors, its streams' numbers, what was queued, its packets' tags") {
  Pair pair;
  pair.Establish();
  pair.server.Set(pair.server_socket, Option::kAssocInfo, pair.server_assoc, {3, 0, 0, 0, 60000});
  for (int i = 0; i < 5; i++) EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 1, AsBytesOf("old")), 0);
  // The peer is silent until the next try would be the last.
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
  pair.net.RunFor(25 * kSecond);
  const uint32_t old_tag = pair.tag_to_server;
  const Offer offer = OfferIn(AnswersTo(pair, InitOf(100)));
  REQUIRE(offer.given());
  AnswersTo(pair, EchoOf(offer));
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "send_failed:sent send_failed:sent send_failed:sent send_failed:sent send_failed:sent restart");
  size_t in = 0, out = 1;
  pair.server.engine->QueuedBytes(pair.server_socket, &in, &out);
  EXPECT_EQ(out, 0u);
  // The new life leaves as many tries unanswered. Counted together with those of the former life, they would be too many.
  std::vector<std::vector<uint8_t>> sent;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) { return sent.push_back(packet), false; };
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 1, AsBytesOf("new")), 0);
  pair.net.RunFor(25 * kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
  REQUIRE(!sent.empty());
  const auto view = ParsePacket(sent[0]);
  EXPECT_EQ(view->tag, 100u);
  const ChunkView* data = view->Find(kChunkData);
  REQUIRE(data != nullptr);
  EXPECT_EQ(data->Word(4) & 0xffff, 0u);  // The stream sequence number.
  // The former life's tag counts no more.
  pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, old_tag).Words(kChunkAbort, 0, {}).Done());
  pair.net.Settle();
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
  pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, offer.tag).Words(kChunkAbort, 0, {}).Done());
  pair.net.Settle();
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_lost send_failed:sent");
}

}  // namespace
}  // namespace mailport::sctp::test
