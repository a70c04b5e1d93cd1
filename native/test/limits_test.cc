// How many associations strangers may have on one port, and with one peer address. One host could fill the engine's 262,144 in 85 s, and then nobody else
// could associate, on any socket.
#include "handshake.h"

namespace mailport::sctp::test {
namespace {

struct Port {
  Port() { Limit(3, 2); }
  void Limit(uint32_t all, uint32_t with_one_peer) {
    EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kMaxAssociations, 0, {all}), 0);
    EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kMaxAssociationsPerPeer, 0, {with_one_peer}), 0);
  }
  // The route of a caller of its own: the nth at an address.
  PacketRoute Caller(const IpAddress& address, uint16_t nth) {
    if (!known[address.bytes]) pair.net.AddHost("caller", address);
    known[address.bytes] = true;
    PacketRoute route = pair.FromClient();
    route.remote = address;
    route.remote_udp_port = static_cast<uint16_t>(kClientPort + nth);
    return route;
  }
  std::vector<std::vector<uint8_t>> Call(const PacketRoute& route) {
    return AnswersOf(pair, pair.server, route, PacketBuilder(route.remote_udp_port, kServerPort, 0).Init(++last_tag, 1).Done());
  }
  std::vector<std::vector<uint8_t>> Echo(const PacketRoute& route, const Offer& offer) {
    return AnswersOf(pair, pair.server, route, EchoOf(offer, route.remote_udp_port));
  }
  // "up", or the cause of the ABORT.
  std::string Associate(const IpAddress& address, uint16_t nth) {
    const PacketRoute route = Caller(address, nth);
    auto answers = Call(route);
    const Offer offer = OfferIn(answers);
    if (offer.given()) answers = Echo(route, offer);
    return Outcome(answers);
  }
  static std::string Outcome(const std::vector<std::vector<uint8_t>>& answers) {
    if (answers.empty()) return "none";
    const ChunkView chunk = ChunksOf(answers.back()).at(0);
    if (chunk.type == kChunkCookieAck) return "up";
    return chunk.type == kChunkAbort ? "ABORT " + std::to_string(chunk.Word(0) >> 16) : Describe(answers.back());
  }
  std::vector<uint32_t> Counts() { return pair.server.Get(pair.server_socket, Option::kAssociationCounts); }

  Pair pair;
  uint32_t last_tag = 98;
  std::map<std::array<uint8_t, 16>, bool> known;
};

const IpAddress kOne = Ipv4(10, 0, 1, 1), kOther = Ipv4(10, 0, 1, 2), kThird = Ipv4(10, 0, 1, 3);

TEST("one peer address gets so many associations of a port, and others still get theirs") {
  Port port;
  EXPECT_EQ(port.Associate(kOne, 0), "up");
  EXPECT_EQ(port.Associate(kOne, 1), "up");
  EXPECT_EQ(port.Associate(kOne, 2), "ABORT 4");
  EXPECT_EQ(port.Associate(kOther, 0), "up");
  EXPECT_EQ(port.Counts(), (std::vector<uint32_t>{3, 1}));
}

TEST("a port has so many associations, and takes another when one has ended") {
  Port port;
  for (const IpAddress& address : {kOne, kOther, kThird}) EXPECT_EQ(port.Associate(address, 0), "up");
  EXPECT_EQ(port.Associate(Ipv4(10, 0, 1, 4), 0), "ABORT 4");
  auto items = port.pair.server.Take(port.pair.server_socket);
  REQUIRE(items.size() == 3);
  EXPECT_EQ(port.pair.server.Send(port.pair.server_socket, items[1].item.assoc_id, 0, {}, kFlagAbort), 0);
  EXPECT_EQ(port.Associate(Ipv4(10, 0, 1, 4), 0), "up");
  EXPECT_EQ(port.Associate(kOther, 0), "ABORT 4");
}

// An INIT costs nothing here, so a caller that is refused could have asked for its cookies before.
TEST("cookies that were given before the limit was reached are refused at the limit") {
  Port port;
  std::vector<std::pair<PacketRoute, Offer>> offers;
  for (uint16_t i = 0; i < 4; i++) {
    const PacketRoute route = port.Caller(kOne, i);
    offers.push_back({route, OfferIn(port.Call(route))});
  }
  std::string outcomes;
  for (const auto& [route, offer] : offers) outcomes += Port::Outcome(port.Echo(route, offer)) + ", ";
  EXPECT_EQ(outcomes, "up, up, ABORT 4, ABORT 4, ");
}

TEST("at the limit an INIT costs neither a cookie nor randomness") {
  Port port;
  port.Limit(1, 1);
  EXPECT_EQ(port.Associate(kOne, 0), "up");
  int drawn = 0;
  port.pair.server.random_hook = [&](std::span<uint8_t>) { return drawn++, false; };
  for (uint16_t i = 1; i < 100; i++) EXPECT_EQ(port.Associate(kOne, i), "ABORT 4");
  EXPECT_EQ(drawn, 0);
  EXPECT_EQ(port.Counts(), (std::vector<uint32_t>{1, 99}));
}

TEST("an IPv6 network counts as one peer, and link-local addresses for themselves") {
  auto address = [](uint16_t first, uint8_t network, uint8_t host) {
    IpAddress result;
    result.family = 6;
    result.bytes = {static_cast<uint8_t>(first >> 8), static_cast<uint8_t>(first), 0, 0, 0, 0, 0, network, 0, 0, 0, 0, 0, 0, 0, host};
    return result;
  };
  Port port;
  port.Limit(100, 2);
  EXPECT_EQ(port.Associate(address(0x2001, 1, 1), 0), "up");
  EXPECT_EQ(port.Associate(address(0x2001, 1, 2), 0), "up");
  EXPECT_EQ(port.Associate(address(0x2001, 1, 3), 0), "ABORT 4");
  EXPECT_EQ(port.Associate(address(0x2001, 2, 3), 0), "up");
  for (uint8_t host = 1; host < 5; host++) EXPECT_EQ(port.Associate(address(0xfe80, 0, host), 0), "up");
}

TEST("associations that were peeled off, or are finishing for a closed socket, count") {
  Port port;
  EXPECT_EQ(port.Associate(kOne, 0), "up");
  EXPECT_EQ(port.Associate(kOne, 1), "up");
  for (const OwnedItem& owned : port.pair.server.Take(port.pair.server_socket)) {
    SocketId peeled = 0;
    REQUIRE(port.pair.server.engine->PeelOff(port.pair.server_socket, owned.item.assoc_id, &peeled) == 0);
    if (owned.item.peer_port == kClientPort) EXPECT_EQ(port.pair.server.engine->Close(peeled, false), 0);
  }
  port.pair.net.Settle();
  EXPECT_EQ(port.Associate(kOne, 2), "ABORT 4");
}

TEST("at the limit a peer may still restart, and we may still call") {
  Port port;
  port.Limit(1, 1);
  EXPECT_EQ(port.Associate(kOne, 0), "up");
  EXPECT_EQ(port.Associate(kOne, 0), "up");
  EXPECT_EQ(Story(port.pair.server.Take(port.pair.server_socket)), "comm_up restart");
  port.pair.client.engine->Listen(port.pair.client_socket, kBacklog);
  AssocId assoc = 0;
  EXPECT_EQ(port.pair.server.engine->Connect(port.pair.server_socket, {&port.pair.client.address, 1}, kClientPort, false, &assoc), 0);
  port.pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(port.pair.server.Take(port.pair.server_socket)), "comm_up");
}

TEST("counts are back at nothing after many rounds of every end") {
  Port port;
  for (uint16_t round = 0; round < 300; round++) {
    const IpAddress& address = round % 2 ? kOne : kOther;
    REQUIRE(port.Associate(address, round % 5) == "up");
    auto items = port.pair.server.Take(port.pair.server_socket);
    const AssocId assoc = items.back().item.assoc_id;
    if (round % 3 == 0) {
      port.pair.server.Send(port.pair.server_socket, assoc, 0, {}, kFlagAbort);
    } else {
      SocketId peeled = 0;
      REQUIRE(port.pair.server.engine->PeelOff(port.pair.server_socket, assoc, &peeled) == 0);
      port.pair.server.engine->Close(peeled, round % 3 == 1);
      if (round % 3 == 2) port.pair.net.RunFor(3600 * kSecond);  // Nobody answers the SHUTDOWN.
    }
    port.pair.net.Settle();
    EXPECT_EQ(port.Counts()[0], 0u);
  }
  EXPECT_EQ(port.Counts()[1], 0u);
}

TEST("limits are 1 or more, and read back; by default one host cannot have all of a port, nor one port all of the engine") {
  Port port;
  for (const Option option : {Option::kMaxAssociations, Option::kMaxAssociationsPerPeer})
    EXPECT_TRUE(port.pair.server.Set(port.pair.server_socket, option, 0, {0}) != 0);
  EXPECT_EQ(port.pair.server.Get(port.pair.server_socket, Option::kMaxAssociations), std::vector<uint32_t>{3});
  EXPECT_EQ(port.pair.server.Get(port.pair.server_socket, Option::kMaxAssociationsPerPeer), std::vector<uint32_t>{2});
  EXPECT_EQ(port.pair.client.Get(port.pair.client_socket, Option::kMaxAssociations), std::vector<uint32_t>{65536});
  EXPECT_EQ(port.pair.client.Get(port.pair.client_socket, Option::kMaxAssociationsPerPeer), std::vector<uint32_t>{16384});
}

}  // namespace
}  // namespace mailport::sctp::test
