// RFC 3758 and RFC 7496 between two engines: what is agreed on, what is given up, and what the other end hears of it.
#include <algorithm>
#include <cerrno>
#include <map>

#include "handshake.h"
#include "partial.h"

namespace mailport::sctp::test {
namespace {

std::vector<uint8_t> ForwardTo(Pair& pair, uint32_t tsn, std::initializer_list<uint32_t> streams = {}) {
  std::vector<uint8_t> body(4 + 4 * streams.size());
  Store32(body.data(), tsn);
  size_t at = 4;
  for (const uint32_t each : streams) Store32(&body[at], each), at += 4;
  return PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Chunk(kChunkForwardTsn, 0, body).Done();
}

TEST("§3.3: both ends offer it by default, and have it only if both do") {
  EXPECT_EQ(Partial().client.Get(Partial().client_socket, Option::kPrSupported), (std::vector<uint32_t>{1}));
  for (const auto& [client, server] : {std::pair{true, true}, {true, false}, {false, true}, {false, false}}) {
    Partial pair(1, client, server);
    std::map<uint8_t, bool> offers;
    pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
      for (const ChunkView& chunk : ChunksOf(packet)) {
        static constexpr uint8_t kParam[] = {0xc0, 0, 0, 4};
        if (chunk.type != kChunkInit && chunk.type != kChunkInitAck) continue;
        offers[chunk.type] = std::search(chunk.body.begin(), chunk.body.end(), std::begin(kParam), std::end(kParam)) != chunk.body.end();
      }
      return true;
    };
    pair.Establish();
    EXPECT_EQ(offers[kChunkInit], client);
    EXPECT_EQ(offers[kChunkInitAck], client && server);
    EXPECT_EQ(pair.Agreed(), client && server);
    EXPECT_TRUE(WorksBothWays(pair));
    // For associations that are there the option changes nothing.
    EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPrSupported, pair.client_assoc, {!client}), 0);
    EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPrSupported), (std::vector<uint32_t>{!client}));
    EXPECT_EQ(pair.Agreed(), client && server);
  }
}

TEST("§3.3.1: without an agreement a FORWARD TSN is an unknown chunk, reported and skipped, and none is sent") {
  Partial pair(1, true, false);
  pair.Establish();
  const auto answers = AnswersOf(pair, pair.server, pair.FromClient(), ForwardTo(pair, pair.client_tsn + 5));
  REQUIRE(answers.size() == 1);
  const auto chunks = ChunksOf(answers[0]);
  REQUIRE(chunks.size() == 1 && chunks[0].type == kChunkError);
  EXPECT_EQ(chunks[0].Word(0) >> 16, kCauseUnrecognizedChunk);
  Wire wire(pair);
  pair.net.link.loss = 0.3;
  for (int i = 0; i < 50; ++i) EXPECT_EQ(pair.Send(std::to_string(i), kRtx, 0), 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return pair.IsDrained(); }));
  EXPECT_EQ(wire.Count(kChunkForwardTsn), 0);
  EXPECT_EQ(pair.server.Take(pair.server_socket).size(), 50u);
}

TEST("what may not be sent again is given up, and what comes behind it arrives") {
  Partial pair;
  pair.Establish();
  pair.Cut();
  EXPECT_EQ(pair.Send("given up", kRtx, 1), 0);
  EXPECT_EQ(pair.Send("patient", kRtx, 1000), 0);
  EXPECT_EQ(pair.Send("reliable", 0, 0), 0);
  pair.net.RunFor(20 * kSecond);
  pair.Mend();
  pair.net.RunFor(60 * kSecond);
  EXPECT_EQ(pair.ServerStory(), "data:patient data:reliable");
  EXPECT_EQ(pair.Send("last", 0, 0), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.ServerStory(), "data:last");
  EXPECT_TRUE(pair.IsDrained());
  EXPECT_EQ(pair.Counts(), (std::vector<uint32_t>{0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}));
  const auto items = pair.client.Take(pair.client_socket);
  REQUIRE(items.size() == 1 && items[0].item.kind == ItemKind::kSendFailed);
  EXPECT_EQ(items[0].item.state, 1u);
  EXPECT_EQ(items[0].item.error, 0u);
  EXPECT_EQ(items[0].item.time_to_live, 1u);
  EXPECT_EQ(std::string(items[0].bytes.begin(), items[0].bytes.end()), "given up");
}

TEST("when everything on the way is given up, nothing stalls: not the data behind it, not the end of the association") {
  for (const bool ends : {false, true}) {
    Partial pair;
    pair.Establish();
    pair.Cut();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(pair.Send(std::string(500, 'x'), kTtl, 500), 0);
    pair.net.RunFor(3 * kSecond);
    pair.Mend();
    if (ends) {
      EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0);
      pair.net.RunFor(30 * kSecond);
      EXPECT_EQ(pair.ServerStory(), "shutdown_event shutdown_comp");
      EXPECT_EQ(pair.client.engine->AssociationsOn(1), 0u);
    } else {
      EXPECT_EQ(pair.Send("alive", 0, 0), 0);
      pair.net.RunFor(30 * kSecond);
      EXPECT_EQ(pair.ServerStory(), "data:alive");
      EXPECT_TRUE(pair.IsDrained());
      EXPECT_EQ(pair.client.Take(pair.client_socket).size(), 20u);
    }
  }
}

TEST("§3.5 C5: a FORWARD TSN that is lost is sent again when T3 expires") {
  Partial pair;
  pair.Establish();
  pair.Cut();
  EXPECT_EQ(pair.Send("given up", kRtx, 0), 0);
  pair.net.RunFor(4 * kSecond);
  pair.tap = DropFirst(kChunkForwardTsn, 2);
  EXPECT_TRUE(pair.net.RunUntil([&] { return pair.IsDrained(); }, 60 * kSecond));
  EXPECT_EQ(pair.ServerStory(), "");
}

TEST("a peer that never answers a FORWARD TSN is given up like one that never answers data") {
  Partial pair;
  pair.Establish();
  pair.Cut();
  EXPECT_EQ(pair.Send("given up", kRtx, 0), 0);
  pair.net.RunFor(1200 * kSecond);
  EXPECT_EQ(pair.ClientStory(), "send_failed:sent addr1 comm_lost");
}

TEST("§3.5 F2: a FORWARD TSN travels with data, before it") {
  Partial pair;
  pair.Establish();
  pair.Cut();
  EXPECT_EQ(pair.Send("given up", kRtx, 0), 0);
  EXPECT_EQ(pair.Send("goes on", 0, 0), 0);
  pair.net.Settle();
  pair.Mend();
  Wire wire(pair);
  pair.net.RunFor(5 * kSecond);
  REQUIRE(wire.Count(kChunkForwardTsn) == 1);
  const auto packet = wire.First(kChunkForwardTsn);
  const auto chunks = ChunksOf(packet);
  REQUIRE(chunks.size() == 2);
  EXPECT_EQ(chunks[0].type, kChunkForwardTsn);
  EXPECT_EQ(chunks[0].Word(0), pair.client_tsn);
  EXPECT_EQ(chunks[0].Word(4), 0u);
  EXPECT_EQ(chunks[1].type, kChunkData);
  EXPECT_EQ(pair.ServerStory(), "data:goes on");
}

TEST("RFC 7496 §3.2: without room less important messages are given up for a more important one, and for no other") {
  Partial pair;
  pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {20'000});
  pair.Establish();
  pair.Cut();
  const std::string unimportant(900, 'u'), important(901, 'i');
  size_t taken = 0;
  while (pair.Send(unimportant, kPrio, 9) == 0) ++taken;
  EXPECT_EQ(pair.Send("even less", kPrio, 10), EAGAIN);
  EXPECT_EQ(pair.Send("as much", kPrio, 9), EAGAIN);
  EXPECT_EQ(pair.Send(important, kPrio, 1), 0);
  EXPECT_EQ(pair.Send(important, 0, 0), 0);
  EXPECT_EQ(pair.Send(important, kTtl, 1'000'000), 0);
  pair.net.RunFor(kSecond);
  pair.Mend();
  pair.net.RunFor(60 * kSecond);
  const auto items = pair.server.Take(pair.server_socket);
  const auto count = [&](size_t bytes) { return std::count_if(items.begin(), items.end(), [&](const OwnedItem& each) { return each.bytes.size() == bytes; }); };
  EXPECT_EQ(count(901), 3);
  const auto lost = pair.client.Take(pair.client_socket).size();
  EXPECT_TRUE(lost >= 3);
  EXPECT_EQ(static_cast<size_t>(count(900)) + lost, taken);
  EXPECT_EQ(pair.Counts().at(9) + pair.Counts().at(11), lost);
  EXPECT_TRUE(pair.IsDrained());
}

TEST("for a message that may not be fragmented and is too long, nothing is given up") {
  Partial pair;
  pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {20'000});
  pair.client.Set(pair.client_socket, Option::kDisableFragments, 0, {1});
  pair.Establish();
  pair.Cut();
  while (pair.Send(std::string(900, 'u'), kPrio, 9) == 0) {
  }
  EXPECT_EQ(pair.Send(std::string(3000, 'i'), 0, 0), EMSGSIZE);
  EXPECT_EQ(pair.Counts(), std::vector<uint32_t>(12));
  EXPECT_EQ(pair.ClientStory(), "");
}

TEST("messages that have priorities wait for room as others do if the peer knows no FORWARD TSN") {
  Partial pair(1, true, false);
  pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {20'000});
  pair.Establish();
  pair.Cut();
  while (pair.Send(std::string(900, 'u'), kPrio, 9) == 0) {
  }
  EXPECT_EQ(pair.Send("important", kPrio, 0), EAGAIN);
  EXPECT_EQ(pair.Send("important", 0, 0), EAGAIN);
  EXPECT_EQ(pair.Counts(), std::vector<uint32_t>(12));
}

TEST("default policies are those of sends that ask for the defaults") {
  Partial pair;
  pair.Establish();
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kDefaultPrinfo, pair.client_assoc, {2, 0}), 0);
  pair.Cut();
  SendParams params;
  params.assoc_id = pair.client_assoc, params.use_defaults = true;
  EXPECT_EQ(pair.client.engine->Send(pair.client_socket, params, AsBytesOf("limited")), 0);
  EXPECT_EQ(pair.Send("not", 0, 0), 0);
  pair.net.RunFor(5 * kSecond);
  pair.Mend();
  pair.net.RunFor(30 * kSecond);
  EXPECT_EQ(pair.ServerStory(), "data:not");
  EXPECT_EQ(pair.Counts().at(7), 1u);
}

}  // namespace
}  // namespace mailport::sctp::test
