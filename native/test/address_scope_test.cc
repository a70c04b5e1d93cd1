// Which of our addresses a peer is told, and which of its list are taken (RFC 9260 section 5.1.2, RFC 4007, RFC 1918, RFC 4193).
#include "address_scope.h"

#include "handshake.h"

namespace mailport::sctp::test {
namespace {

IpAddress Ipv6(uint8_t first, uint8_t second, uint8_t last, uint32_t zone = 0) {
  IpAddress address;
  address.family = 6;
  address.bytes[0] = first, address.bytes[1] = second, address.bytes[15] = last;
  address.scope_id = zone;
  return address;
}

const IpAddress kGlobal4 = Ipv4(198, 51, 100, 2), kPrivate4 = Ipv4(10, 0, 0, 5), kLink4 = Ipv4(169, 254, 1, 1), kLoop4 = Ipv4(127, 0, 0, 1);
const IpAddress kGlobal6 = Ipv6(0x20, 1, 2), kPrivate6 = Ipv6(0xfd, 0, 2), kLoop6 = Ipv6(0, 0, 1);

TEST("addresses reach the world, a private network, a link or this host") {
  for (const IpAddress& address : {kGlobal4, kGlobal6, Ipv4(172, 32, 0, 1), Ipv4(192, 169, 0, 1)}) EXPECT_EQ(ScopeOf(address), Scope::kGlobal);
  for (const IpAddress& address : {kPrivate4, kPrivate6, Ipv4(172, 31, 0, 1), Ipv4(192, 168, 9, 1), Ipv6(0xfc, 0, 1)}) EXPECT_EQ(ScopeOf(address), Scope::kPrivate);
  for (const IpAddress& address : {kLink4, Ipv6(0xfe, 0x80, 1, 2), Ipv6(0xfe, 0xbf, 1, 2)}) EXPECT_EQ(ScopeOf(address), Scope::kLink);
  for (const IpAddress& address : {kLoop4, Ipv4(127, 9, 9, 9), kLoop6}) EXPECT_EQ(ScopeOf(address), Scope::kLoopback);
}

TEST("loopback addresses are told on this host alone, link-local ones in their zone, private ones not to the world") {
  EXPECT_TRUE(CanBeToldTo(kGlobal4, kGlobal6) && CanBeToldTo(kGlobal4, kPrivate4) && CanBeToldTo(kPrivate6, kPrivate4));
  EXPECT_TRUE(CanBeToldTo(kPrivate4, kLoop4) && CanBeToldTo(kLoop6, kLoop4));
  EXPECT_FALSE(CanBeToldTo(kPrivate4, kGlobal4));
  EXPECT_FALSE(CanBeToldTo(kLoop4, kPrivate4) || CanBeToldTo(kLoop6, kLink4));
  const IpAddress here = Ipv6(0xfe, 0x80, 1, 2);
  EXPECT_TRUE(CanBeToldTo(here, Ipv6(0xfe, 0x80, 7, 2)));
  EXPECT_FALSE(CanBeToldTo(here, Ipv6(0xfe, 0x80, 7, 3)));
  EXPECT_FALSE(CanBeToldTo(here, kPrivate6) || CanBeToldTo(here, kLoop6));
}

TEST("a listed address of a narrower scope is taken only from a peer that is there, and a link-local one gets the peer's zone") {
  IpAddress listed = kLoop4;
  EXPECT_FALSE(CanBeOfPeer(&listed, kPrivate4));
  EXPECT_TRUE(CanBeOfPeer(&listed, kLoop6));
  listed = Ipv6(0xfe, 0x80, 9);
  EXPECT_FALSE(CanBeOfPeer(&listed, kPrivate6));
  EXPECT_TRUE(CanBeOfPeer(&listed, Ipv6(0xfe, 0x80, 7, 4)));
  EXPECT_EQ(listed.scope_id, 4u);
  listed = kPrivate4;
  EXPECT_TRUE(CanBeOfPeer(&listed, kGlobal4));
}

// The addresses in an INIT ACK.
std::vector<IpAddress> ToldTo(Pair& pair, const IpAddress& peer) {
  std::vector<uint8_t> body(16 + 3 * 20);
  Store32(&body[0], 9), Store32(&body[4], 65536), Store32(&body[8], 0x000a000a), Store32(&body[12], 1);
  for (size_t i = 0; i < 3; ++i) Store32(&body[16 + 20 * i], 0x80050014);  // Padding, so that there is room for an answer.
  PacketRoute route = pair.FromClient();
  route.remote = peer;
  route.local = {};
  pair.net.AddHost("peer", peer);
  std::vector<IpAddress> told;
  for (const auto& packet : AnswersOf(pair, pair.server, route, PacketBuilder(kClientPort, kServerPort, 0).Chunk(kChunkInit, 0, body).Done()))
    for (const ChunkView& chunk : ChunksOf(packet))
      for (size_t at = 16; at + 8 <= chunk.body.size(); at += (Load16(&chunk.body[at + 2]) + size_t{3}) & ~size_t{3}) {
        if (Load16(&chunk.body[at]) != kParamIpv4) continue;
        told.push_back(Ipv4(chunk.body[at + 4], chunk.body[at + 5], chunk.body[at + 6], chunk.body[at + 7]));
      }
  return told;
}

TEST("a socket that is bound to any address tells those of the host that the peer can use, and none if there is one") {
  Pair pair;  // The server is 10.0.0.2.
  pair.server.further_addresses = {kLoop4, kGlobal4, kLink4, Ipv4(127, 0, 0, 9)};
  EXPECT_TRUE(ToldTo(pair, Ipv4(10, 0, 0, 77)) == (std::vector{pair.server.address, kGlobal4}));
  EXPECT_TRUE(ToldTo(pair, Ipv4(198, 51, 100, 9)).empty());
  EXPECT_TRUE(ToldTo(pair, Ipv4(127, 0, 0, 5)) == (std::vector{kLoop4, Ipv4(127, 0, 0, 9)}));
}

}  // namespace
}  // namespace mailport::sctp::test
