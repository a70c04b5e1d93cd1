// When a HEARTBEAT is due, and when one counts as not answered (RFC 9260 section 8.3).
#include <algorithm>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kHbEnable = 1, kHbDisable = 2, kHbDemand = 4;

// A measured pair: RTO is RTO.min, a second. The server sends no HEARTBEATs, and the times of the client's are kept.
struct Idle : Pair {
  Idle() {
    Establish();
    for (int i = 0; i < 20; ++i) Transfer(*this, {MessageOf(1, 100)}, {MessageOf(2, 100)});
    net.RunFor(kSecond);
    client.Take(client_socket);
    server.Take(server_socket);
    EXPECT_EQ(server.Set(server_socket, Option::kPeerAddrParams, server_assoc, {0, 0, 0, 0, kHbDisable}), 0);
    // All random numbers are 0: a HEARTBEAT leaves an interval and half an RTO after the last one.
    client.random_hook = [](std::span<uint8_t> out) {
      std::fill(out.begin(), out.end(), uint8_t{0});
      return true;
    };
    tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (&from != &client || !HasChunk(packet, kChunkHeartbeat)) return true;
      times.push_back(net.now());
      return is_answered;
    };
  }
  void Use(uint32_t interval_ms, uint32_t flags) {
    EXPECT_EQ(client.Set(client_socket, Option::kPeerAddrParams, client_assoc, {interval_ms, 0, 0, 0, flags}), 0);
  }
  std::string Told() { return Story(client.Take(client_socket)); }

  std::vector<TimeUs> times;
  bool is_answered = true;
};

TEST("a HEARTBEAT that is not answered counts as an error an RTO after it left, and the next one follows its interval") {
  Idle pair;
  pair.is_answered = false;
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {10'000, 1, 0, 0, kHbEnable}), 0);
  // The interval, and half of an RTO that doubles. The second one is one too many.
  REQUIRE(pair.net.RunUntil([&] { return pair.times.size() == 2; }));
  EXPECT_EQ(pair.times[1] - pair.times[0], 11 * kSecond);
  pair.net.RunFor(2 * kSecond - 1);
  EXPECT_EQ(pair.Told(), "");
  pair.net.RunFor(1);
  EXPECT_EQ(pair.Told(), "addr1");
  // The next answer brings the path back.
  pair.is_answered = true;
  REQUIRE(pair.net.RunUntil([&] { return pair.times.size() == 3; }));
  pair.net.RunFor(100 * kMillisecond);
  EXPECT_EQ(pair.Told(), "addr0");
}

TEST("a HEARTBEAT that a user demands counts as well, also where there are no others, and none follows it") {
  Idle pair;
  pair.Use(0, kHbDisable);
  pair.is_answered = false;
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {0, 1, 0, 0, kHbDemand}), 0);
  pair.net.RunFor(60 * kSecond);
  pair.Use(0, kHbDemand);
  pair.net.RunFor(60 * kSecond);
  EXPECT_EQ(pair.times.size(), 2u);
  EXPECT_EQ(pair.Told(), "addr1");
  pair.is_answered = true;
  pair.Use(0, kHbDemand);
  pair.net.RunFor(60 * kSecond);
  EXPECT_EQ(pair.times.size(), 3u);
  EXPECT_EQ(pair.Told(), "addr0");
}

// Nothing answers an acknowledgement.
TEST("an end that sends nothing but acknowledgements sends HEARTBEATs") {
  Idle pair;
  pair.Use(5000, kHbEnable);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("x")), 0);
    pair.net.RunFor(kSecond / 2);
  }
  EXPECT_EQ(pair.times.size(), 3u);
}

TEST("HEARTBEATs go on until the SHUTDOWN leaves, and no longer") {
  Idle pair;
  // The server reads nothing and its window is full, so the client's data waits.
  pair.server.engine->SetCredit(pair.server_socket, 0, kUnlimitedCredit);
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {4608}), 0);
  for (int i = 0; i < 20; ++i) pair.client.Send(pair.client_socket, pair.client_assoc, 0, std::vector<uint8_t>(1000));
  pair.net.RunFor(kSecond);
  pair.Use(1000, kHbEnable);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagEof), 0);
  pair.net.RunFor(120 * kSecond);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc).at(0), 5u);  // shutdown_pending
  EXPECT_TRUE(pair.times.size() > 3);
  pair.server.engine->SetCredit(pair.server_socket, kUnlimitedCredit, kUnlimitedCredit);
  pair.server.engine->Drain(pair.server_socket);
  bool shut = false;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    shut |= &from == &pair.client && HasChunk(packet, kChunkShutdown);
    EXPECT_FALSE(shut && &from == &pair.client && HasChunk(packet, kChunkHeartbeat));
    return !shut;
  };
  EXPECT_TRUE(pair.net.RunUntil([&] { return shut; }));
  pair.net.RunFor(60 * kSecond);
}

}  // namespace
}  // namespace mailport::sctp::test
