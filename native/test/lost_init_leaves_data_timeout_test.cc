// T1 counts its own attempts. Its delays used to be the path's retransmission timeout, with which the association then began its life.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr size_t kRto = 3;  // Index in the values of Option::kPeerAddrInfo.

// RTO.Initial counts until a round trip has been measured (RFC 9260 section 6.3.1 C1).
TEST("attempts that were lost do not lengthen the timeout of the first data") {
  for (const uint8_t lost : {kChunkInit, kChunkCookieEcho}) {
    check::Note("type " + std::to_string(lost));
    Pair pair;
    std::vector<TimeUs> times;
    pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
      if (!HasChunk(packet, lost)) return true;
      times.push_back(pair.net.now());
      return times.size() > 3;
    };
    pair.Establish();
    REQUIRE(times.size() == 4);
    for (size_t i = 1; i < times.size(); i++) EXPECT_EQ(times[i] - times[i - 1], 3 * kSecond << (i - 1));
    EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPeerAddrInfo, pair.client_assoc).at(kRto), 3000u);
  }
}

// RFC 6458 section 8.1.3.
TEST("the delay between attempts ends at max_init_timeo, and begins anew with the COOKIE ECHO") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kInitMsg, 0, {0, 0, 0, 5000});
  std::vector<TimeUs> inits, echoes;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    if (HasChunk(packet, kChunkInit)) inits.push_back(pair.net.now());
    if (HasChunk(packet, kChunkInit)) return inits.size() > 3;
    if (HasChunk(packet, kChunkCookieEcho)) echoes.push_back(pair.net.now());
    return !HasChunk(packet, kChunkCookieEcho) || echoes.size() > 2;
  };
  pair.Establish();
  REQUIRE(inits.size() == 4 && echoes.size() == 3);
  EXPECT_EQ(inits[1] - inits[0], 3 * kSecond);
  EXPECT_EQ(inits[2] - inits[1], 5 * kSecond);
  EXPECT_EQ(inits[3] - inits[2], 5 * kSecond);
  EXPECT_EQ(echoes[1] - echoes[0], 3 * kSecond);
  EXPECT_EQ(echoes[2] - echoes[1], 5 * kSecond);
}

// A timeout that has doubled stays doubled until a round trip is measured (section 6.3.3 E2).
TEST("an option that is set between two timeouts does not undo the doubling") {
  Pair pair;
  pair.Establish();
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("lost")), 0);
  pair.net.RunFor(4 * kSecond);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPeerAddrInfo, pair.client_assoc).at(kRto), 6000u);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1}), 0);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPeerAddrInfo, pair.client_assoc).at(kRto), 6000u);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kRtoInfo, pair.client_assoc, {2000, 0, 0}), 0);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPeerAddrInfo, pair.client_assoc).at(kRto), 2000u);
}

}  // namespace
}  // namespace mailport::sctp::test
