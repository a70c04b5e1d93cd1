// Set-up against state that is there already (RFC 9260 section 5.2): simultaneous attempts, restarts, old packets that come again.
#include <algorithm>
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

// Section 5.2.1, 5.2.4 and CN-18. `head_start`: how much earlier one of them begins; the delay is 1 ms.
TEST("two that connect to each other at the same time make one association, one comm_up each") {
  for (TimeUs head_start = 0; head_start <= 4 * kMillisecond; head_start += kMillisecond / 4)
    for (bool both_listen : {false, true}) {
      check::Note("head start " + std::to_string(head_start) + (both_listen ? ", both listen" : ""));
      Pair pair(head_start + 1);
      pair.server.engine->Listen(pair.server_socket, both_listen ? kBacklog : 0);
      pair.client.engine->Listen(pair.client_socket, both_listen ? kBacklog : 0);
      REQUIRE(pair.Connect() == 0);
      pair.net.RunFor(head_start);
      if (!both_listen && head_start >= kMillisecond) continue;  // The first INIT was refused by then.
      int error = pair.server.engine->Connect(pair.server_socket, {&pair.client.address, 1}, kClientPort, false, &pair.server_assoc);
      if (error == EISCONN) pair.server_assoc = pair.server.engine->FindAssociation(pair.server_socket, pair.client.address, kClientPort);
      pair.net.RunFor(20 * kSecond);
      EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
      EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up");
      EXPECT_EQ(pair.client.engine->AssociationsOn(1), 1u);
      EXPECT_EQ(pair.server.engine->AssociationsOn(1), 1u);
      WorksBothWays(pair);
    }
}

TEST("collisions on a bad network end with one working association all the same") {
  for (uint64_t seed : check::Seeds(300)) {
    check::Note("seed " + std::to_string(seed));
    Pair pair(seed);
    pair.net.link = {.delay = 10 * kMillisecond, .jitter = 30 * kMillisecond, .loss = 0.1, .duplicate = 0.1};
    pair.client.engine->Listen(pair.client_socket, kBacklog);
    REQUIRE(pair.Connect() == 0);
    pair.net.RunFor(pair.net.random().Below(60) * kMillisecond);
    pair.server.engine->Connect(pair.server_socket, {&pair.client.address, 1}, kClientPort, false, &pair.server_assoc);
    pair.net.RunFor(120 * kSecond);
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up");
    pair.client_assoc = pair.client.engine->FindAssociation(pair.client_socket, pair.server.address, kServerPort);
    pair.server_assoc = pair.server.engine->FindAssociation(pair.server_socket, pair.client.address, kClientPort);
    if (!EXPECT_TRUE(pair.Established())) return;
    if (!WorksBothWays(pair)) return;
  }
}

// Section 5.2.2 to 5.2.4 (action A); EV-15 and EV-21: send_failed before restart, the id stays.
TEST("a peer that comes back on the same port restarts the association under its old id") {
  Pair pair;
  pair.Establish();
  AssocId before = pair.server_assoc;
  pair.client.Crash();
  for (const char* text : {"one", "two"}) EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf(text)), 0);
  pair.tap = [](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    return from.name == "client" ? !HasChunk(packet, kChunkAbort) : true;  // The port is shut: nothing answers for a dead process.
  };
  pair.net.RunFor(50 * kMillisecond);
  pair.client_socket = pair.client.Open(kClientPort);
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(kSecond / 2);
  auto at_server = pair.server.Take(pair.server_socket);
  EXPECT_EQ(Story(at_server), "send_failed:sent send_failed:sent restart");
  REQUIRE(at_server.size() == 3);
  EXPECT_EQ(at_server[0].Text(), "one");
  EXPECT_EQ(at_server[2].item.assoc_id, before);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 1u);
  WorksBothWays(pair);
}

// Otherwise anybody who shares the peer's IP address could take the association over by a restart.
TEST("a restart from another UDP port is refused, and the association goes on") {
  Pair pair;
  pair.Establish();
  SimHost& stranger = pair.client;
  const SocketId socket = stranger.Open({.carrier = stranger.CarrierOn(5555), .port = kClientPort, .remote_udp_port = kServerPort});
  AssocId assoc = 0;
  REQUIRE(stranger.engine->Connect(socket, std::span(&pair.server.address, 1), kServerPort, false, &assoc) == 0);
  pair.net.RunFor(kSecond / 2);
  EXPECT_EQ(Story(stranger.Take(socket)), "cant_assoc(14)");
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
  WorksBothWays(pair);
}

// A host with several addresses names them in every INIT; the restart adds none (5.2.2).
TEST("a peer with several addresses may restart as well") {
  Pair pair;
  auto connect = [&](uint32_t tag) {
    auto answers = AnswersTo(pair, PacketBuilder(kClientPort, kServerPort, 0)
                                       .Words(kChunkInit, 0, {tag, 65536, 0x000a000a, 1, 0x00050008, 0x0a000001, 0x00050008, 0x0a000009})
                                       .Done());
    REQUIRE(answers.size() == 1);
    const auto chunks = ChunksOf(answers[0]);
    REQUIRE(chunks.size() == 1 && chunks[0].type == kChunkInitAck);
    const uint8_t* cookie = chunks[0].body.data() + 16;
    AnswersTo(pair, PacketBuilder(kClientPort, kServerPort, chunks[0].Word(0))
                        .Chunk(kChunkCookieEcho, 0, Bytes(cookie + 4, Load16(cookie + 2) - 4u))
                        .Done());
  };
  connect(9);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up");
  connect(10);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "restart");
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 1u);
}

TEST("a restart drops the half of a message that had arrived") {
  Pair pair;
  pair.Establish();
  std::vector<uint8_t> half(100, 'h');
  pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server)
                                            .Data(pair.client_tsn, 0, 0, half, kDataBegin)
                                            .Done());
  pair.client.Crash();
  pair.client_socket = pair.client.Open(kClientPort);
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(kSecond / 2);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "restart");
  pair.client.Take(pair.client_socket);
  WorksBothWays(pair);
}

// Section 5.2.1 to 5.2.4 (action D), 5.2.5.
TEST("old handshake packets that come again change nothing") {
  Pair pair;
  Wire wire(pair);
  pair.Establish();
  auto handshake = wire.packets;
  pair.tap = nullptr;
  for (int i = 0; i < 3; i++)
    for (auto& [from, packet] : handshake) {
      bool to_server = from == &pair.client;
      (to_server ? pair.server : pair.client).Inject(to_server ? pair.FromClient() : pair.FromServer(), packet);
      pair.net.Settle();
    }
  pair.net.RunFor(10 * kSecond);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "");
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
  EXPECT_EQ(pair.client.engine->AssociationsOn(1), 1u);
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 1u);
  WorksBothWays(pair);
}
// Section 5.2.4, table: both tags differ and there are no tie-tags.
TEST("the cookie of an association that has ended does not restart the one that followed") {
  Pair pair;
  Wire wire(pair);
  pair.Establish();
  std::vector<uint8_t> old_echo = wire.First(kChunkCookieEcho);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagAbort), 0);
  pair.net.RunFor(kSecond);
  pair.client.Take(pair.client_socket);
  pair.server.Take(pair.server_socket);
  pair.Establish();
  pair.server.Inject(pair.FromClient(), old_echo);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "");
  WorksBothWays(pair);
}

// A caller that could add an address by a restart could take the association over (section 5.2.2).
TEST("an INIT that would add an address to the association is refused with cause 11") {
  Pair pair;
  pair.Establish();
  auto answers = AnswersTo(pair, PacketBuilder(kClientPort, kServerPort, 0)
                                     .Words(kChunkInit, 0, {9, 65536, 0x000a000a, 1, 0x00050008, 0x0a000063})
                                     .Done());
  REQUIRE(answers.size() == 1);
  const auto chunks = ChunksOf(answers[0]);
  REQUIRE(chunks.size() == 1 && chunks[0].type == kChunkAbort);
  EXPECT_EQ(chunks[0].Word(0) >> 16, kCauseRestartNewAddresses);
  EXPECT_EQ(ParsePacket(answers[0])->tag, 9u);
  WorksBothWays(pair);
}

// Stale cookies are not renewed for ever (section 5.2.6).
TEST("cookies that are stale every time end the attempt") {
  Pair pair;
  auto info = pair.server.Get(pair.server_socket, Option::kAssocInfo);
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kAssocInfo, 0, {info[0], info[1], info[2], info[3], 1}), 0);
  pair.net.link.delay = 100 * kMillisecond;
  pair.tap = [](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    // The INIT's wish for a longer life is set to 0, as if the server's clock ran away: every cookie is too old.
    if (from.name == "client" && HasChunk(packet, kChunkInit)) {
      std::vector<uint8_t> preservative = {0, kParamCookiePreservative, 0, 8};
      auto found = std::search(packet.begin(), packet.end(), preservative.begin(), preservative.end());
      if (found != packet.end()) Store32(&*found + 4, 0);
      FixChecksum(&packet);
    }
    return true;
  };
  REQUIRE(pair.Connect() == 0);
  REQUIRE(pair.net.RunUntil([&] { return !pair.client.items(pair.client_socket).empty(); }, 3600 * kSecond));
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)).substr(0, 10), "cant_assoc");
  EXPECT_EQ(pair.client.engine->AssociationsOn(1), 0u);
}

// A peer that restarts while we wait for its SHUTDOWN COMPLETE is told the end of the old association first (section 9.2).
TEST("a peer that comes back while its old association is shutting down connects in the end") {
  Pair pair;
  pair.Establish();
  bool dead = false;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) { return !dead && !HasChunk(packet, kChunkShutdownComplete); };
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagEof), 0);
  pair.net.RunFor(2 * kMillisecond);
  pair.client.Crash();
  dead = true;
  pair.net.RunFor(kSecond / 2);
  EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kStatus, pair.server_assoc).at(0), 8u);  // shutdown_ack_sent
  dead = false;
  pair.tap = nullptr;
  pair.client_socket = pair.client.Open(kClientPort);
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(30 * kSecond);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "shutdown_event shutdown_comp comm_up");
  pair.server_assoc = pair.server.engine->FindAssociation(pair.server_socket, pair.client.address, kClientPort);
  WorksBothWays(pair);
}

// The association of a closed socket finishes alone. It must not keep a new socket of the same port from the same peer.
TEST("a socket reopened on its port connects to the peer that the closed one is still finishing with") {
  Pair pair;
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {4096});
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  for (int i = 0; i < 50; i++) EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, std::vector<uint8_t>(1000, 'x')), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0);
  EXPECT_EQ(pair.client.engine->AssociationsOn(1), 1u);
  pair.client_socket = pair.client.Open(kClientPort);
  REQUIRE(pair.Connect() == 0);
  pair.server.engine->SetCredit(pair.server_socket, kUnlimitedCredit);
  pair.server.engine->Drain(pair.server_socket);
  pair.net.RunFor(30 * kSecond);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
  pair.server.Take(pair.server_socket);
  pair.server_assoc = pair.server.engine->FindAssociation(pair.server_socket, pair.client.address, kClientPort);
  WorksBothWays(pair);
}

}  // namespace
}  // namespace mailport::sctp::test
