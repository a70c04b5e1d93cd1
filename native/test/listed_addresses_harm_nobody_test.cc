// A stranger lists addresses in its INIT: others', thousands, those of our own host. What it can make us send to them is bounded, and it takes nothing over
// (RFC 9260 sections 5.1.2, 5.4).
#include <set>

#include "handshake.h"

namespace mailport::sctp::test {
namespace {

// Path.Max.Retrans is 5: an address that does not answer gets six HEARTBEATs, over at least two minutes.
constexpr int kMostHeartbeats = 6;
// Addresses that are kept beside the one that an INIT comes from.
constexpr size_t kMostAddresses = 16;
constexpr uint32_t kVictim = 0x0a000909;

std::vector<uint8_t> InitListing(uint32_t tag, const std::vector<uint32_t>& addresses) {
  std::vector<uint8_t> body(16 + 8 * addresses.size());
  Store32(&body[0], tag), Store32(&body[4], 65536), Store32(&body[8], 0x000a000a), Store32(&body[12], 1);
  for (size_t i = 0; i < addresses.size(); ++i) {
    Store32(&body[16 + 8 * i], 0x00050008);
    Store32(&body[20 + 8 * i], addresses[i]);
  }
  return PacketBuilder(kClientPort, kServerPort, 0).Chunk(kChunkInit, 0, body).Done();
}

// The attacker has the client's address and speaks by hand; the server's packets are counted by where they go.
struct Attack {
  Attack() {
    // The client's engine knows nothing of what is said in its name.
    pair.tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>&) { return &from != &pair.server; };
    pair.net.watch = [this](const IpAddress& from, const IpAddress& to, Bytes packet) {
      if (from != pair.server.address || to == pair.client.address) return;
      const auto view = ParsePacket(packet);
      for (const ChunkView& chunk : view->chunks) {
        // Nothing else goes to an address that is not confirmed.
        EXPECT_TRUE(chunk.type == kChunkHeartbeat || chunk.type == kChunkHeartbeatAck);
        ++(chunk.type == kChunkHeartbeat ? heartbeats : acks);
        reached.insert(Load32(to.bytes.data()));
      }
    };
  }
  Offer Associate(uint32_t tag, const std::vector<uint32_t>& addresses) {
    const Offer offer = OfferIn(AnswersOf(pair, pair.server, pair.FromClient(), InitListing(tag, addresses)));
    if (offer.given()) AnswersOf(pair, pair.server, pair.FromClient(), EchoOf(offer));
    return offer;
  }
  Pair pair;
  int heartbeats = 0, acks = 0;
  std::set<uint32_t> reached;
};

TEST("whoever has an address that a stranger lists gets 6 HEARTBEATs and nothing else, however long the association lasts") {
  Attack attack;
  REQUIRE(attack.Associate(9, {kVictim}).given());
  const SocketId socket = attack.pair.server_socket;
  const AssocId assoc = attack.pair.server.engine->FindAssociation(socket, attack.pair.client.address, kClientPort);
  // The association lives as long as it can.
  EXPECT_EQ(attack.pair.server.Set(socket, Option::kAssocInfo, assoc, {1000, 0, 0, 0, 0}), 0);
  EXPECT_EQ(attack.pair.server.Send(socket, assoc, 0, AsBytesOf("data is not for it")), 0);
  attack.pair.net.RunFor(3600 * kSecond);
  EXPECT_EQ(attack.heartbeats, kMostHeartbeats);
  EXPECT_EQ(attack.acks, 0);
}

TEST("a restart does not renew what may be sent to an address that has never answered") {
  Attack attack;
  for (uint32_t life = 0; life < 50; ++life) {
    REQUIRE(attack.Associate(9 + life, {kVictim}).given());
    attack.pair.net.RunFor(10 * kSecond);
  }
  EXPECT_TRUE(attack.heartbeats <= kMostHeartbeats);
}

TEST("a HEARTBEAT in an address's name is answered there, and draws one more to it each RTO when those of its own are used up") {
  Attack attack;
  const Offer offer = attack.Associate(9, {kVictim});
  REQUIRE(offer.given());
  attack.pair.net.RunFor(250 * kSecond);
  EXPECT_EQ(attack.heartbeats, kMostHeartbeats);
  PacketRoute route = attack.pair.FromClient();
  route.remote = Ipv4(10, 0, 9, 9);
  for (int i = 0; i < 20; ++i) {
    attack.pair.server.Inject(route, PacketBuilder(kClientPort, kServerPort, offer.tag).Words(kChunkHeartbeat, 0, {0x00010008, 1}).Done());
    attack.pair.net.RunFor(100 * kMillisecond);
  }
  EXPECT_EQ(attack.acks, 20);
  EXPECT_EQ(attack.heartbeats, kMostHeartbeats + 1);
}

// Section 3.3.3 asks for a thousand in an INIT ACK; an INIT has at most 256 parameters.
TEST("of 200 addresses 16 are kept, and at most 4 HEARTBEATs are on their way at a time") {
  Attack attack;
  std::vector<uint32_t> many;
  for (uint32_t i = 0; i < 200; ++i) many.push_back(0x0a010000 + i);
  REQUIRE(attack.Associate(9, many).given());
  attack.pair.net.Settle();
  EXPECT_EQ(attack.heartbeats, 4);
  attack.pair.net.RunFor(2 * kSecond);
  EXPECT_EQ(attack.heartbeats, 4);
  const AssocId assoc = attack.pair.server.engine->FindAssociation(attack.pair.server_socket, attack.pair.client.address, kClientPort);
  EXPECT_EQ(attack.pair.server.Set(attack.pair.server_socket, Option::kAssocInfo, assoc, {1000000, 0, 0, 0, 0}), 0);
  attack.pair.net.RunFor(3600 * kSecond);
  EXPECT_EQ(attack.reached.size(), kMostAddresses);
  EXPECT_TRUE(attack.heartbeats <= static_cast<int>(kMostAddresses) * kMostHeartbeats);
}

// An address costs some 700 bytes. Beyond 32,768 unconfirmed ones in an engine each association gets one.
TEST("of thousands of associations that list 16 addresses each, the first 2,048 get all, and the others one") {
  Attack attack;
  attack.pair.net.watch = nullptr;
  std::vector<uint32_t> many;
  for (uint32_t i = 0; i < 16; ++i) many.push_back(0x0a010000 + i);
  const auto paths = [&](uint16_t port) {
    const auto rename = [&](std::vector<uint8_t> packet) {
      Store16(&packet[0], port);
      FixChecksum(&packet);
      return packet;
    };
    const Offer offer = OfferIn(AnswersOf(attack.pair, attack.pair.server, attack.pair.FromClient(), rename(InitListing(9, many))));
    REQUIRE(offer.given());
    AnswersOf(attack.pair, attack.pair.server, attack.pair.FromClient(), rename(EchoOf(offer)));
    std::vector<PeerName> names;
    const AssocId assoc = attack.pair.server.items(attack.pair.server_socket).back().item.assoc_id;
    EXPECT_EQ(attack.pair.server.engine->PeerNames(attack.pair.server_socket, assoc, &names), 0);
    return names.size();
  };
  uint16_t port = 10000;
  for (int i = 0; i < 2048; ++i) EXPECT_EQ(paths(port++), 17u);
  EXPECT_EQ(paths(port++), 2u);
  // Those who go give theirs back.
  EXPECT_EQ(attack.pair.server.Send(attack.pair.server_socket, attack.pair.server.items(attack.pair.server_socket).front().item.assoc_id, 0, {}, kFlagAbort), 0);
  attack.pair.net.Settle();
  EXPECT_EQ(paths(port++), 16u);
}

TEST("a stranger from elsewhere cannot send us to our own host, nor to a link that it is not on") {
  Attack attack;
  REQUIRE(attack.Associate(9, {0x7f000001, 0x7f000102, 0xa9fe0101}).given());
  std::vector<PeerName> names;
  const AssocId assoc = attack.pair.server.engine->FindAssociation(attack.pair.server_socket, attack.pair.client.address, kClientPort);
  EXPECT_EQ(attack.pair.server.engine->PeerNames(attack.pair.server_socket, assoc, &names), 0);
  EXPECT_EQ(names.size(), 1u);
  attack.pair.net.RunFor(60 * kSecond);
  EXPECT_EQ(attack.heartbeats, 0);
}

TEST("the ABORT of a host that a peer has listed, and that knows nothing of it, does not end the association") {
  Attack attack;
  REQUIRE(attack.Associate(9, {kVictim}).given());
  PacketRoute victim = attack.pair.FromClient();
  victim.remote = Ipv4(10, 0, 9, 9);
  attack.pair.server.Take(attack.pair.server_socket);
  attack.pair.server.Inject(victim, PacketBuilder(kClientPort, kServerPort, 9).Words(kChunkAbort, kTagReflected, {}).Done());
  attack.pair.net.Settle();
  EXPECT_EQ(Story(attack.pair.server.Take(attack.pair.server_socket)), "");
  EXPECT_EQ(attack.pair.server.engine->stats().associations, 1u);
}

// Section 5.1.2 D.
TEST("an address that another association has is not taken into one") {
  Attack attack;
  SimHost& other = attack.pair.net.AddHost("other", Ipv4(10, 0, 9, 9));
  const SocketId socket = other.Open(kClientPort);
  AssocId assoc = 0;
  other.engine->SetNow(attack.pair.net.now());
  const IpAddress to = attack.pair.server.address;
  REQUIRE(other.engine->Connect(socket, {&to, 1}, kServerPort, false, &assoc) == 0);
  attack.pair.tap = nullptr;
  attack.pair.net.watch = nullptr;
  attack.pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(other.Take(socket)), "comm_up");
  const auto answers = AnswersOf(attack.pair, attack.pair.server, attack.pair.FromClient(), InitListing(9, {kVictim}));
  REQUIRE(answers.size() == 1);
  EXPECT_TRUE(HasChunk(answers[0], kChunkAbort));  // It would add an address to the other's association (section 5.2.2).
  EXPECT_EQ(attack.pair.server.engine->stats().associations, 1u);
}

TEST("an INIT ACK that lists addresses is no longer than three INITs, headers counted") {
  Pair pair;
  std::vector<IpAddress> own;
  for (uint8_t i = 0; i < 16; ++i) own.push_back(Ipv4(10, 0, 20, i));
  const SocketId socket = pair.server.OpenAt(own, {.port = 77});
  EXPECT_EQ(pair.server.engine->Listen(socket, kBacklog), 0);
  PacketRoute route = pair.FromClient();
  route.carrier = pair.server.CarrierAt(own[0], 77);
  route.local = own[0];
  const auto init = PacketBuilder(kClientPort, 77, 0).Init(9, 1).Done();
  const auto answers = AnswersOf(pair, pair.server, route, init);
  REQUIRE(answers.size() == 1);
  EXPECT_TRUE(HasChunk(answers[0], kChunkInitAck));
  EXPECT_TRUE(answers[0].size() + 28 <= 3 * (init.size() + 28));
}

}  // namespace
}  // namespace mailport::sctp::test
