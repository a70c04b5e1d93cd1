// Peers that share a further address and an SCTP port, as users behind one NAT do, and as somebody who has a network of addresses can pretend: each is told apart by its
// UDP port, and what a look-up costs does not grow with their number (RFC 6951, RFC 9260 section 5.4).
#include "handshake.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kShared = 0x0a000009;

struct Sharers {
  Sharers() {
    pair.net.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
    pair.net.watch = [this](const IpAddress& from, const IpAddress& to, Bytes packet) {
      if (from != pair.server.address) return;
      const auto view = ParsePacket(packet);
      if (view->Has(kChunkInitAck)) offer = OfferIn({{packet.begin(), packet.end()}});
      const ChunkView* const heartbeat = view->Find(kChunkHeartbeat);
      if (heartbeat != nullptr && Load32(to.bytes.data()) == kShared) nonce.assign(heartbeat->body.begin(), heartbeat->body.end());
    };
  }
  PacketRoute At(uint32_t address, uint16_t udp_port) {
    PacketRoute route = pair.FromClient();
    Store32(route.remote.bytes.data(), address);
    route.remote_udp_port = udp_port;
    return route;
  }
  void Say(const PacketRoute& route, PacketBuilder packet) {
    pair.server.Inject(route, packet.Done());
    pair.net.Settle();
  }
  // A peer with an address of its own that lists the shared one.
  void Come(uint32_t number) {
    const PacketRoute own = At(0x0b000000 + number, PortOf(number));
    std::vector<uint8_t> body(24);
    Store32(&body[0], number), Store32(&body[4], 65536), Store32(&body[8], 0x000a000a), Store32(&body[12], 1), Store32(&body[16], 0x00050008), Store32(&body[20], kShared);
    offer = {}, nonce.clear();
    Say(own, PacketBuilder(kClientPort, kServerPort, 0).Chunk(kChunkInit, 0, body));
    if (!EXPECT_TRUE(offer.given())) throw check::Abandoned{};
    Say(own, PacketBuilder(kClientPort, kServerPort, offer.tag).Chunk(kChunkCookieEcho, 0, offer.cookie));
    peers.push_back({offer.tag, nonce});
  }
  // It answers there from its UDP port. True: the address has become one of its own.
  bool Answer(uint32_t number) {
    pair.server.Take(pair.server_socket);
    Say(At(kShared, PortOf(number)), PacketBuilder(kClientPort, kServerPort, peers[number - 1].tag).Chunk(kChunkHeartbeatAck, 0, peers[number - 1].nonce));
    for (const OwnedItem& owned : pair.server.Take(pair.server_socket))
      if (owned.item.kind == ItemKind::kPeerAddrChange) return true;
    return false;
  }

  void Go(uint32_t number, const PacketRoute& from) {
    Say(from, PacketBuilder(kClientPort, kServerPort, peers[number - 1].tag).Words(kChunkAbort, 0, {}));
  }
  static uint16_t PortOf(uint32_t number) { return static_cast<uint16_t>(10'000 + number); }

  struct Peer {
    uint32_t tag;
    std::vector<uint8_t> nonce;
  };
  Pair pair;
  Offer offer;
  std::vector<uint8_t> nonce;
  std::vector<Peer> peers;
};

TEST("sixteen peers may share a further address and a port; whoever comes later keeps the address that it came by") {
  Sharers sharers;
  for (uint32_t number = 1; number <= 42; ++number) sharers.Come(number);
  for (uint32_t number = 1; number <= 40; ++number) EXPECT_EQ(sharers.Answer(number), number <= 16);
  EXPECT_EQ(sharers.pair.server.engine->stats().associations, 42u);
  // When one goes, there is room for another one.
  sharers.Go(3, sharers.At(0x0b000003, Sharers::PortOf(3)));
  EXPECT_EQ(sharers.pair.server.engine->stats().associations, 41u);
  EXPECT_TRUE(sharers.Answer(41));
  EXPECT_FALSE(sharers.Answer(42));
  // A packet under a wrong tag ends nothing, and a right one counts from the shared address.
  for (const uint32_t number : {1u, 16u}) {
    sharers.Say(sharers.At(kShared, Sharers::PortOf(number)), PacketBuilder(kClientPort, kServerPort, sharers.peers[number - 1].tag + 1).Words(kChunkAbort, 0, {}));
    EXPECT_EQ(sharers.pair.server.engine->stats().associations, number == 1 ? 41u : 40u);
    sharers.Go(number, sharers.At(kShared, Sharers::PortOf(number)));
  }
  EXPECT_EQ(sharers.pair.server.engine->stats().associations, 39u);
}

}  // namespace
}  // namespace mailport::sctp::test
