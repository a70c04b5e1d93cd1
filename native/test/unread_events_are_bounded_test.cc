// A peer could fill the memory of a socket that is not being read: with ERROR chunks, by restarts, and by associations that come and go.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

size_t QueuedItems(SimHost& host) { return host.engine->stats().queued_in_items; }

TEST("a peer's ERROR chunks are kept for a reader in a bounded number") {
  Pair pair;
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  for (int i = 0; i < 10'000; i++)
    pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Words(kChunkError, 0, {0x00080004}).Done());
  EXPECT_TRUE(QueuedItems(pair.server) > 0 && QueuedItems(pair.server) <= 1000);
  EXPECT_EQ(pair.server.engine->stats().events_dropped, 10'000 - QueuedItems(pair.server));
  pair.server.engine->SetCredit(pair.server_socket, kUnlimitedCredit);
  pair.server.engine->Drain(pair.server_socket);
  EXPECT_EQ(pair.server.engine->stats().queued_in_items, 0u);
  pair.server.Take(pair.server_socket);
  pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Words(kChunkError, 0, {0x00080004}).Done());
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "remote_error");
  WorksBothWays(pair);
}

TEST("associations that come and go while nobody reads are refused in the end, and accepted again when somebody does") {
  Pair pair;
  pair.server.engine->SetCredit(pair.server_socket, 0);
  const SocketId caller = pair.client.Open(5001);
  int up = 0;
  constexpr int kAttempts = 40'000;
  for (int i = 0; i < kAttempts; i++) {
    AssocId assoc = 0;
    REQUIRE(pair.client.engine->Connect(caller, {&pair.server.address, 1}, kServerPort, false, &assoc) == 0);
    pair.net.RunFor(4 * kMillisecond);
    pair.client.Send(caller, assoc, 0, {}, kFlagAbort);
    for (const OwnedItem& item : pair.client.Take(caller)) up += item.IsChange(AssocState::kCommUp);
    if (i == kAttempts / 2) EXPECT_EQ(up, i + 1);
  }
  EXPECT_TRUE(up < kAttempts);
  EXPECT_TRUE(QueuedItems(pair.server) <= 66'000);
  pair.server.engine->SetCredit(pair.server_socket, kUnlimitedCredit);
  pair.server.engine->Drain(pair.server_socket);
  pair.net.RunFor(10 * kSecond);
  pair.server.Take(pair.server_socket);
  pair.Establish();
  WorksBothWays(pair);
}

}  // namespace
}  // namespace mailport::sctp::test
