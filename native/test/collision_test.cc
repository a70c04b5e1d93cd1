// Set-up against what is there already (RFC 9260 section 5.2): simultaneous attempts, restarts, old packets that come again.
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
      pair.server.engine->Listen(pair.server_socket, both_listen);
      pair.client.engine->Listen(pair.client_socket, both_listen);
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
    pair.client.engine->Listen(pair.client_socket, true);
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
}  // namespace
}  // namespace mailport::sctp::test
