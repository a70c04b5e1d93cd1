// A COOKIE ECHO that does not arrive is sent again another way, and counts there (RFC 9260 sections 5.1, 5.1.5, 5.4).
#include <algorithm>
#include <map>

#include "handshake.h"
#include "homes.h"

namespace mailport::sctp::test {
namespace {

// The first path dies as soon as the INIT ACK has come that way.
struct CutAfterInitAck : Homes {
  explicit CutAfterInitAck(size_t homes) : Homes(homes, homes) {
    net.tap = [this](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
      if (HasChunk(packet, kChunkCookieEcho)) Cut(0);
      return true;
    };
  }
};

TEST("§5.1: a COOKIE ECHO that does not arrive goes to the other address that was called, and makes the association there") {
  CutAfterInitAck homes(2);
  REQUIRE(homes.Connect({Homes::ServerAt(0), Homes::ServerAt(1)}) == 0);
  homes.net.RunFor(5 * kSecond);
  EXPECT_TRUE(Story(homes.client.Take(homes.client_socket)).starts_with("comm_up"));
  EXPECT_TRUE(Story(homes.server.Take(homes.server_socket)).starts_with("comm_up"));
  EXPECT_EQ(homes.Say("hello"), 0);
  homes.net.RunFor(kSecond);
  EXPECT_EQ(homes.Heard(), "data:hello");
}

constexpr uint32_t kListed = 0x0a000009, kUnlisted = 0x0a000008;

// A stranger with the client's address speaks by hand. Its INIT lists another one.
struct Stranger {
  Stranger() {
    pair.tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>&) { return &from != &pair.server; };
    pair.net.watch = [this](const IpAddress& from, const IpAddress& to, Bytes packet) {
      if (from != pair.server.address) return;
      std::string& story = sent[Load32(to.bytes.data())];
      const auto view = ParsePacket(packet);
      for (const ChunkView& chunk : view->chunks) story += std::to_string(chunk.type) + (chunk.whole.data() + chunk.whole.size() + 3 < packet.data() + packet.size() ? "+" : " ");
    };
    std::vector<uint8_t> body(24);
    Store32(&body[0], kTag), Store32(&body[4], 65536), Store32(&body[8], 0x000a000a), Store32(&body[12], 1), Store32(&body[16], 0x00050008), Store32(&body[20], kListed);
    offer = OfferIn(AnswersOf(pair, pair.server, pair.FromClient(), PacketBuilder(kClientPort, kServerPort, 0).Chunk(kChunkInit, 0, body).Done()));
    REQUIRE(offer.given());
    sent.clear();
  }
  PacketRoute At(uint32_t address) {
    PacketRoute route = pair.FromClient();
    Store32(route.remote.bytes.data(), address);
    return route;
  }
  void EchoFrom(const PacketRoute& route) {
    pair.server.Inject(route, EchoOf(offer));
    pair.net.Settle();
  }
  size_t Associations() { return pair.server.engine->stats().associations; }

  static constexpr uint32_t kTag = 9;
  Pair pair;
  Offer offer;
  std::map<uint32_t, std::string> sent;  // By where it went: chunk types, "+" between those of one packet.
};

TEST("§5.1.5, §5.4: a COOKIE ECHO from an address that the INIT listed makes the association of the INIT's address, and is answered with a HEARTBEAT in one packet") {
  Stranger stranger;
  stranger.EchoFrom(stranger.At(kListed));
  EXPECT_EQ(stranger.sent[kListed], "11+4 ");
  EXPECT_EQ(stranger.sent.size(), 1u);
  EXPECT_EQ(stranger.Associations(), 1u);
  EXPECT_TRUE(stranger.pair.server.engine->FindAssociation(stranger.pair.server_socket, stranger.pair.client.address, kClientPort) != 0);
  // Nothing but HEARTBEATs goes there before one is answered.
  EXPECT_EQ(stranger.pair.server.engine->FindAssociation(stranger.pair.server_socket, stranger.At(kListed).remote, kClientPort), 0u);
}

TEST("§12.4: what stands behind the COOKIE ECHO is answered in the packet of the COOKIE ACK") {
  Stranger stranger;
  PacketBuilder packet(kClientPort, kServerPort, stranger.offer.tag);
  packet.Chunk(kChunkCookieEcho, 0, stranger.offer.cookie).Words(kChunkHeartbeat, 0, {0x00010008, 1}).Words(0xfe, 0, {1}).Words(kChunkHeartbeat, 0, {0x00010008, 2});
  stranger.pair.server.Inject(stranger.At(kListed), packet.Done());
  stranger.pair.net.Settle();
  EXPECT_EQ(stranger.sent[kListed], "11+4+5 ");
  EXPECT_EQ(stranger.sent.size(), 1u);
}

TEST("§12.4: a chunk behind the COOKIE ECHO that is not known draws no packet of its own") {
  Stranger stranger;
  PacketBuilder packet(kClientPort, kServerPort, stranger.offer.tag);
  packet.Chunk(kChunkCookieEcho, 0, stranger.offer.cookie).Words(0xfe, 0, {1}).Words(kChunkHeartbeat, 0, {0x00010008, 1});
  stranger.pair.server.Inject(stranger.At(kListed), packet.Done());
  stranger.pair.net.Settle();
  EXPECT_EQ(stranger.sent[kListed], "11+4+5 ");
  EXPECT_EQ(stranger.sent.size(), 1u);
}

TEST("§5.2.4 D: a COOKIE ECHO that comes both ways, and again and again, makes one association, and draws six packets at most to an address that does not answer") {
  Stranger stranger;
  stranger.EchoFrom(stranger.At(kListed));
  stranger.EchoFrom(stranger.pair.FromClient());
  for (int i = 0; i < 200; ++i) {
    stranger.EchoFrom(stranger.At(kListed));
    stranger.pair.net.RunFor(kSecond);
  }
  EXPECT_EQ(stranger.Associations(), 1u);
  EXPECT_EQ(std::count(stranger.sent[kListed].begin(), stranger.sent[kListed].end(), ' '), 6);
  EXPECT_EQ(std::count(stranger.sent[kListed].begin(), stranger.sent[kListed].end(), '4'), 6);
}

TEST("§5.1.5: a COOKIE ECHO from an address that the INIT did not list, or from another UDP port, is silently discarded") {
  Stranger stranger;
  stranger.EchoFrom(stranger.At(kUnlisted));
  PacketRoute route = stranger.At(kListed);
  route.remote_udp_port = 1234;
  stranger.EchoFrom(route);
  EXPECT_TRUE(stranger.sent.empty());
  EXPECT_EQ(stranger.Associations(), 0u);
}

TEST("§5.1.5.4: a stale cookie from a listed address is told of where the INIT came from") {
  Stranger stranger;
  stranger.pair.net.RunFor(61 * kSecond);
  stranger.EchoFrom(stranger.At(kListed));
  EXPECT_EQ(stranger.sent.size(), 1u);
  EXPECT_EQ(stranger.sent[Load32(stranger.pair.client.address.bytes.data())], "9 ");
}

}  // namespace
}  // namespace mailport::sctp::test
