// A peer that listed an address in its INIT used to stand for that address: connecting to the true owner gave EISCONN, and a look-up found the lister. Two
// interfaces' fe80:: addresses were one peer, too.
#include <cerrno>

#include "handshake.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kIpv4Param = 0x00050008;
constexpr uint32_t kSharedAddress = 0x0a000009;  // 10.0.0.9

// An INIT that lists `addresses`.
std::vector<uint8_t> InitListing(uint32_t tag, const std::vector<uint32_t>& addresses) {
  std::vector<uint8_t> body(16 + 8 * addresses.size());
  Store32(&body[0], tag);
  Store32(&body[4], 65536);
  Store32(&body[8], 0x000a000a);
  Store32(&body[12], 1);
  for (size_t i = 0; i < addresses.size(); i++) {
    Store32(&body[16 + 8 * i], kIpv4Param);
    Store32(&body[20 + 8 * i], addresses[i]);
  }
  return PacketBuilder(kClientPort, kServerPort, 0).Chunk(kChunkInit, 0, body).Done();
}

PacketRoute From(const Pair& pair, const IpAddress& address, uint16_t udp_port = kClientPort) {
  PacketRoute route = pair.FromClient();
  route.remote = address;
  route.remote_udp_port = udp_port;
  return route;
}

// Sets up an association, and makes its peer known to the network. Gives the server's id of the association.
AssocId Establish(Pair& pair, const PacketRoute& route, Bytes init, Offer* offer = nullptr) {
  if (route.remote != pair.client.address) pair.net.AddHost("peer", route.remote);
  const Offer given = OfferIn(AnswersOf(pair, pair.server, route, init));
  REQUIRE(given.given());
  AnswersOf(pair, pair.server, route, EchoOf(given));
  auto items = pair.server.Take(pair.server_socket);
  REQUIRE(Story(items) == "comm_up");
  if (offer != nullptr) *offer = given;
  return items[0].item.assoc_id;
}

TEST("whoever has an address that another peer lists can be called, and is found by it") {
  Pair pair;
  const AssocId camper = Establish(pair, pair.FromClient(), InitListing(9, {kSharedAddress, 0x0a000005}));
  SimHost& other = pair.net.AddHost("other", Ipv4(10, 0, 0, 9));
  const SocketId socket = other.Open(kClientPort);
  other.engine->Listen(socket, kBacklog);
  EXPECT_EQ(pair.server.engine->FindAssociation(pair.server_socket, other.address, kClientPort), 0u);
  AssocId assoc = 0;
  EXPECT_EQ(pair.server.engine->Connect(pair.server_socket, {&other.address, 1}, kClientPort, false, &assoc), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up");
  EXPECT_EQ(Story(other.Take(socket)), "comm_up");
  EXPECT_EQ(pair.server.engine->FindAssociation(pair.server_socket, other.address, kClientPort), assoc);
  EXPECT_EQ(pair.server.engine->FindAssociation(pair.server_socket, pair.client.address, kClientPort), camper);
}

TEST("whoever associated from the callee's address but another UDP port does not stand in the callee's way") {
  Pair pair;
  const AssocId camper = Establish(pair, From(pair, pair.client.address, 5555), InitListing(9, {}));
  pair.client.engine->Listen(pair.client_socket, kBacklog);
  AssocId assoc = 0;
  REQUIRE(pair.server.engine->Connect(pair.server_socket, {&pair.client.address, 1}, kClientPort, false, &assoc) == 0);
  EXPECT_EQ(pair.server.engine->Connect(pair.server_socket, {&pair.client.address, 1}, kClientPort, false, &assoc), EALREADY);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up");
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
  EXPECT_EQ(pair.server.engine->FindAssociation(pair.server_socket, pair.client.address, kClientPort), assoc);
  EXPECT_EQ(pair.server.engine->Connect(pair.server_socket, {&pair.client.address, 1}, kClientPort, false, &assoc), EISCONN);
  pair.server_assoc = assoc;
  pair.client_assoc = pair.client.engine->FindAssociation(pair.client_socket, pair.server.address, kServerPort);
  WorksBothWays(pair);
  REQUIRE(pair.server.Send(pair.server_socket, assoc, 0, {}, kFlagAbort) == 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.server.engine->FindAssociation(pair.server_socket, pair.client.address, kClientPort), camper);
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 1u);
}

// A peer with several addresses may send from each of them (section 5.1.2).
TEST("a packet from a listed address counts with the right tag, even where another peer lists the address or has it") {
  Pair pair;
  Offer first, second, third;
  std::vector<uint32_t> many;
  for (uint32_t i = 0; i < 40; i++) many.push_back(0x0a010000 + i);
  many.push_back(kSharedAddress);  // More addresses than are kept.
  Establish(pair, pair.FromClient(), InitListing(9, {kSharedAddress}), &first);
  Establish(pair, From(pair, Ipv4(10, 0, 0, 3)), InitListing(10, many), &second);
  Establish(pair, From(pair, Ipv4(10, 0, 0, 9)), InitListing(11, {}), &third);
  const PacketRoute shared = From(pair, Ipv4(10, 0, 0, 9));
  for (const Offer& offer : {first, second, third}) {
    pair.server.Inject(shared, PacketBuilder(kClientPort, kServerPort, offer.tag).Data(1, 0, 0, AsBytesOf("hello")).Done());
    pair.net.Settle();
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "data:hello");
  }
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 3u);
}

// Section 5.2.2. Found with a host of many containers, whose bridge has the same address everywhere.
TEST("a restart that lists what was listed before is taken: more than are kept, or what another peer lists too") {
  std::vector<uint32_t> many;
  for (uint32_t i = 0; i < 100; i++) many.push_back(0x0a010000 + i);
  for (const std::vector<uint32_t>& listed : {std::vector<uint32_t>{0xac110001}, many}) {
    Pair pair;
    Establish(pair, From(pair, Ipv4(10, 0, 0, 3)), InitListing(8, listed));
    Establish(pair, pair.FromClient(), InitListing(9, listed));
    for (uint32_t tag : {10u, 11u}) {
      const Offer offer = OfferIn(AnswersOf(pair, pair.server, pair.FromClient(), InitListing(tag, listed)));
      REQUIRE(offer.given());
      AnswersOf(pair, pair.server, pair.FromClient(), EchoOf(offer));
      EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "restart");
    }
    EXPECT_EQ(pair.server.engine->AssociationsOn(1), 2u);
  }
}

IpAddress LinkLocal(uint32_t zone) {
  IpAddress address;
  address.family = 6;
  address.bytes = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  address.scope_id = zone;
  return address;
}

TEST("the same link-local address and port on two interfaces are two peers") {
  Pair pair;
  const SocketId socket = pair.server.Open({.carrier = 1, .port = 70, .family = 6});
  pair.server.engine->Listen(socket, kBacklog);
  std::vector<AssocId> assocs;
  std::vector<Offer> offers;
  for (uint32_t zone : {2u, 3u, 4u, 5u}) pair.net.AddHost("zone", LinkLocal(zone));
  for (uint32_t zone : {2u, 3u}) {
    const PacketRoute route = From(pair, LinkLocal(zone));
    offers.push_back(OfferIn(AnswersOf(pair, pair.server, route, PacketBuilder(kClientPort, 70, 0).Init(9, 1).Done())));
    REQUIRE(offers.back().given());
    AnswersOf(pair, pair.server, route, EchoOf(offers.back(), kClientPort, 70));
    auto items = pair.server.Take(socket);
    REQUIRE(Story(items) == "comm_up");
    EXPECT_EQ(items[0].item.peer.scope_id, zone);
    assocs.push_back(items[0].item.assoc_id);
  }
  EXPECT_TRUE(assocs[0] != assocs[1]);
  for (uint32_t zone : {2u, 3u}) EXPECT_EQ(pair.server.engine->FindAssociation(socket, LinkLocal(zone), kClientPort), assocs[zone - 2]);
  // A cookie is valid only on the interface that asked for it.
  const Offer offer = OfferIn(AnswersOf(pair, pair.server, From(pair, LinkLocal(4)), PacketBuilder(kClientPort, 70, 0).Init(9, 1).Done()));
  REQUIRE(offer.given());
  AnswersOf(pair, pair.server, From(pair, LinkLocal(5)), EchoOf(offer, kClientPort, 70));
  EXPECT_EQ(Story(pair.server.Take(socket)), "");
  pair.server.Inject(From(pair, LinkLocal(3)), PacketBuilder(kClientPort, 70, offers[0].tag).Words(kChunkAbort, 0, {}).Done());
  pair.server.Inject(From(pair, LinkLocal(3)), PacketBuilder(kClientPort, 70, offers[1].tag).Words(kChunkAbort, 0, {}).Done());
  pair.net.Settle();
  const auto ended = pair.server.Take(socket);
  EXPECT_EQ(Story(ended), "comm_lost");
  EXPECT_EQ(ended[0].item.assoc_id, assocs[1]);
}

}  // namespace
}  // namespace mailport::sctp::test
