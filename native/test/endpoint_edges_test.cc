// An endpoint's edges: packets of strangers that are a byte short, a full listener, associations that end while they are set up, and several peers behind
// one address.
#include "handshake.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kTag = 0x12345678;

// The answer of a host on which nobody listens: "none", or the chunk's type, flags and tag.
std::string Answer(Pair& pair, PacketBuilder packet) {
  const auto answers = AnswersTo(pair, packet.Done());
  if (answers.empty()) return "none";
  const auto view = ParsePacket(answers[0]);
  return std::to_string(view->chunks.at(0).type) + "/" + std::to_string(view->chunks[0].flags) + " " + std::to_string(view->tag);
}

// Section 8.4, rules 2 to 8.
TEST("out of the blue: what a packet is answered depends on whole chunks, and on which is first") {
  Pair pair;
  pair.server.engine->Listen(pair.server_socket, 0);
  const auto packet = [](uint32_t tag = kTag) { return PacketBuilder(6000, kServerPort, tag); };
  const std::string abort = "6/1 " + std::to_string(kTag), complete = "14/1 " + std::to_string(kTag);
  const std::vector<uint8_t> short_cause = {0, 3, 0}, stale_cause = {0, 3, 0, 8, 0, 0, 0, 1}, other_cause = {0, 4, 0, 4};
  EXPECT_EQ(Answer(pair, packet().Chunk(kChunkError, 0, short_cause)), abort);
  EXPECT_EQ(Answer(pair, packet().Chunk(kChunkError, 0, other_cause)), abort);
  EXPECT_EQ(Answer(pair, packet().Chunk(kChunkError, 0, {})), abort);
  EXPECT_EQ(Answer(pair, packet().Chunk(kChunkError, 0, Bytes(stale_cause).first(4))), "none");
  EXPECT_EQ(Answer(pair, packet().Chunk(kChunkError, 0, stale_cause)), "none");
  EXPECT_EQ(Answer(pair, packet().Words(kChunkHeartbeat, 0, {}).Chunk(kChunkError, 0, stale_cause)), "none");
  EXPECT_EQ(Answer(pair, packet().Words(kChunkShutdownAck, 0, {})), complete);
  EXPECT_EQ(Answer(pair, packet().Words(kChunkShutdownAck, 0, {}).Words(kChunkShutdownAck, 0, {})), complete);
  EXPECT_EQ(Answer(pair, packet().Words(kChunkHeartbeat, 0, {}).Words(kChunkShutdownAck, 0, {})), complete);
  EXPECT_EQ(Answer(pair, packet().Words(kChunkHeartbeat, 0, {}).Init(77, 1)), "none");
  EXPECT_EQ(Answer(pair, packet(0).Words(kChunkHeartbeat, 0, {})), "none");
  // An INIT to a port that nobody has at all comes out of the blue in the same way.
  const auto nowhere = [](uint32_t tag) { return PacketBuilder(6000, 999, tag); };
  EXPECT_EQ(Answer(pair, nowhere(0).Init(77, 1)), "6/0 77");
  EXPECT_EQ(Answer(pair, nowhere(0).Chunk(kChunkInit, 0, std::vector<uint8_t>(16, 7))), "6/0 " + std::to_string(0x07070707));
  EXPECT_EQ(Answer(pair, nowhere(0).Chunk(kChunkInit, 0, std::vector<uint8_t>(15, 7))), "none");
  EXPECT_EQ(Answer(pair, nowhere(kTag).Init(77, 1)), "none");
  EXPECT_EQ(Answer(pair, nowhere(0).Init(0, 1)), "none");
  EXPECT_EQ(Answer(pair, nowhere(kTag).Words(kChunkHeartbeat, 0, {})), abort);
}

TEST("a full listener refuses whole INITs, and says nothing to what is none") {
  Pair pair;
  pair.server.Set(pair.server_socket, Option::kMaxAssociations, 0, {1});
  pair.Establish();
  const auto init = [](size_t bytes) { return PacketBuilder(6000, kServerPort, 0).Chunk(kChunkInit, 0, std::vector<uint8_t>(bytes, 7)); };
  EXPECT_EQ(Answer(pair, init(15)), "none");
  EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kAssociationCounts), (std::vector<uint32_t>{1, 0}));
  EXPECT_EQ(Answer(pair, init(16)), "6/0 " + std::to_string(0x07070707));
  EXPECT_EQ(Answer(pair, PacketBuilder(6000, kServerPort, 0).Init(0, 1)), "none");
  EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kAssociationCounts), (std::vector<uint32_t>{1, 2}));
}

// Before the peer has answered, there is nobody to abort (section 9.1).
TEST("an association that ends while it is set up aborts the peer once there is one, and says why if it is the user's abort") {
  using Chunk = std::vector<uint8_t>;
  const Chunk bare = {kChunkAbort, 0, 0, 4}, user = {kChunkAbort, 0, 0, 8, 0, 12, 0, 4};
  const struct {
    const char* what;
    void (*end)(Pair&);
    Chunk abort;
    const char* story;
  } cases[] = {
      {"eof", [](Pair& p) { p.client.Send(p.client_socket, p.client_assoc, 0, {}, kFlagEof); }, bare, ""},
      {"abort", [](Pair& p) { p.client.Send(p.client_socket, p.client_assoc, 0, {}, kFlagAbort); }, user, "cant_assoc(12)"},
      {"close", [](Pair& p) { p.client.engine->Close(p.client_socket, false); }, bare, ""},
      {"a hard close", [](Pair& p) { p.client.engine->Close(p.client_socket, true); }, user, ""},
      {"the end of all", [](Pair& p) { p.client.engine->AbortAll(); }, user, ""},
  };
  for (const uint8_t lost : {kChunkInit, kChunkCookieEcho})
    for (const auto& [what, end, abort, story] : cases) {
      check::Note(std::string(what) + (lost == kChunkInit ? " in cookie_wait" : " in cookie_echoed"));
      Pair pair;
      pair.tap = [lost](SimHost&, SimHost&, std::vector<uint8_t>& packet) { return !HasChunk(packet, lost); };
      REQUIRE(pair.Connect() == 0);
      pair.net.RunFor(20 * kMillisecond);
      Wire wire(pair);
      end(pair);
      pair.net.Settle();
      if (lost == kChunkInit) {
        EXPECT_TRUE(wire.packets.empty());
      } else if (EXPECT_EQ(wire.packets.size(), 1u)) {
        const auto view = ParsePacket(wire.packets[0].second);
        EXPECT_EQ(view->tag, pair.tag_to_server);
        EXPECT_EQ(Chunk(view->chunks.at(0).whole.begin(), view->chunks[0].whole.end()), abort);
      }
      EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), story);
      EXPECT_EQ(pair.client.engine->AssociationsOn(1), 0u);
    }
}

// A closed socket has nobody to be told (CN-8).
TEST("a watched connect that is ended while it is set up is told so beside the queue, with the cause") {
  const struct {
    const char* what;
    void (*end)(Pair&);
    size_t told;
    uint32_t cause;
  } cases[] = {
      {"eof", [](Pair& p) { p.client.Send(p.client_socket, p.client_assoc, 0, {}, kFlagEof); }, 1, 0},
      {"abort", [](Pair& p) { p.client.Send(p.client_socket, p.client_assoc, 0, {}, kFlagAbort); }, 1, 12},
      {"the end of all", [](Pair& p) { p.client.engine->AbortAll(); }, 1, 0},
      {"close", [](Pair& p) { p.client.engine->Close(p.client_socket, false); }, 0, 0},
  };
  for (const auto& [what, end, told, cause] : cases) {
    check::Note(what);
    Pair pair;
    pair.client.engine->SetNow(pair.net.now());
    REQUIRE(pair.client.engine->Connect(pair.client_socket, {&pair.server.address, 1}, kServerPort, true, &pair.client_assoc) == 0);
    end(pair);
    const auto& results = pair.client.results[pair.client_socket];
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "");
    REQUIRE(results.size() == told);
    for (const OwnedItem& result : results) {
      EXPECT_EQ(result.item.state, static_cast<uint32_t>(AssocState::kCantAssoc));
      EXPECT_EQ(result.item.error, cause);
      EXPECT_EQ(result.item.outbound_streams + result.item.inbound_streams, 0);
    }
  }
}

// Nobody can make a valid cookie with a key of long ago. One key life is an hour.
TEST("a cookie is signed with the hour's key: it is taken under this one and the next, however long it lives, and not under a third") {
  for (const int hours : {0, 1, 2}) {
    check::Note(std::to_string(hours) + " hours");
    Pair pair;
    pair.server.Set(pair.server_socket, Option::kAssocInfo, 0, {0, 0, 0, 0, 24 * 3600 * 1000});
    const auto init = [](uint16_t port) { return PacketBuilder(port, kServerPort, 0).Init(77, 1).Done(); };
    AnswersTo(pair, init(5999));  // The first key may be old already.
    const Offer offer = OfferIn(AnswersTo(pair, init(6000)));
    REQUIRE(offer.given());
    for (int i = 0; i < hours; ++i) {
      pair.net.RunFor(3600 * kSecond);
      AnswersTo(pair, init(static_cast<uint16_t>(6001 + i)));
    }
    AnswersTo(pair, EchoOf(offer, 6000));
    EXPECT_EQ(pair.server.engine->AssociationsOn(1), hours < 2 ? 1u : 0u);
  }
}

TEST("of several associations with one address and port a look-up gives the one that the socket's UDP port says") {
  Pair pair;
  Engine& engine = *pair.client.engine;
  std::vector<AssocId> made;
  for (const uint32_t udp_port : {7u, 8u, 9u}) {
    REQUIRE(pair.client.Set(pair.client_socket, Option::kRemoteUdpEncapsPort, 0, {udp_port}) == 0);
    AssocId assoc = 0;
    REQUIRE(engine.Connect(pair.client_socket, {&pair.server.address, 1}, kServerPort, false, &assoc) == 0);
    made.push_back(assoc);
  }
  for (const size_t i : {1u, 0u, 2u}) {
    pair.client.Set(pair.client_socket, Option::kRemoteUdpEncapsPort, 0, {static_cast<uint32_t>(7 + i)});
    EXPECT_EQ(engine.FindAssociation(pair.client_socket, pair.server.address, kServerPort), made[i]);
  }
  // If no association has the wanted port, the look-up gives any of the socket's own.
  pair.client.Set(pair.client_socket, Option::kRemoteUdpEncapsPort, 0, {10});
  EXPECT_EQ(engine.FindAssociation(pair.client_socket, pair.server.address, kServerPort), made[2]);
  SocketId peeled = 0;
  REQUIRE(engine.PeelOff(pair.client_socket, made[2], &peeled) == 0);
  EXPECT_EQ(engine.FindAssociation(pair.client_socket, pair.server.address, kServerPort), made[1]);
  EXPECT_EQ(engine.FindAssociation(peeled, pair.server.address, kServerPort), made[2]);
}

}  // namespace
}  // namespace mailport::sctp::test
