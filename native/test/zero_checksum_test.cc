// RFC 9653: peers whose packets are protected otherwise leave out the checksum. What is agreed on, which packets have one all the same, and what is dropped.
#include <map>
#include <set>

#include "handshake.h"
#include "packet/packet.h"
#include "pair.h"

namespace mailport::sctp::test {
namespace {

bool IsZero(Bytes packet) { return packet[8] == 0 && packet[9] == 0 && packet[10] == 0 && packet[11] == 0; }

std::vector<uint8_t> WithoutChecksum(std::vector<uint8_t> packet) {
  std::fill(packet.begin() + 8, packet.begin() + 12, 0);
  return packet;
}

// Two ends that detect errors, or not. The types of chunks in the packets of each end that had no checksum, and in those that had one.
struct Protected : Pair {
  explicit Protected(bool client_detects = true, bool server_detects = true) {
    client.error_detection = client_detects ? kErrorDetectionByDtls : 0;
    server.error_detection = server_detects ? kErrorDetectionByDtls : 0;
    tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      for (const ChunkView& chunk : ChunksOf(packet)) (IsZero(packet) ? bare : whole)[&from].insert(chunk.type);
      return true;
    };
  }
  bool IsBare(uint8_t type) { return bare[&client].contains(type) || bare[&server].contains(type); }
  bool IsWhole(uint8_t type) { return whole[&client].contains(type) || whole[&server].contains(type); }
  uint64_t BadAtServer() const { return server.engine->stats().bad_packets; }

  std::map<SimHost*, std::set<int>> bare, whole;
};

TEST("§5.1: only if both ends detect errors otherwise, packets leave without a checksum, and what goes through does so unharmed") {
  for (const auto& [client, server] : {std::pair{true, true}, {true, false}, {false, true}, {false, false}}) {
    check::Note(std::string(client ? "client " : "") + (server ? "server" : ""));
    Protected pair(client, server);
    pair.Establish();
    EXPECT_TRUE(WorksBothWays(pair));
    EXPECT_EQ(pair.IsBare(kChunkData), client && server);
    EXPECT_EQ(pair.IsWhole(kChunkData), !(client && server));
    EXPECT_EQ(pair.IsBare(kChunkSack), client && server);
    EXPECT_FALSE(pair.IsBare(kChunkInit) || pair.IsBare(kChunkCookieEcho) || pair.IsBare(kChunkInitAck));
    SendParams eof;
    eof.assoc_id = pair.client_assoc, eof.flags = kFlagEof;
    EXPECT_EQ(pair.client.engine->Send(pair.client_socket, eof, {}), 0);
    pair.net.RunFor(10 * kSecond);
    EXPECT_TRUE(Story(pair.client.Take(pair.client_socket)).ends_with(" shutdown_comp"));
    EXPECT_EQ(pair.IsBare(kChunkShutdown), client && server);
    EXPECT_EQ(pair.client.engine->stats().bad_packets + pair.BadAtServer(), 0u);
  }
}

TEST("§4: the parameter is 0x8001 with the method; another method, or none, is no agreement") {
  for (const uint32_t method : {0u, 1u, 2u, UINT32_MAX}) {
    Protected pair;
    std::vector<uint8_t> init, init_ack;
    const Tap watch = pair.tap;
    pair.tap = [&, watch](SimHost& from, SimHost& to, std::vector<uint8_t>& packet) {
      static constexpr uint8_t kParam[] = {0x80, 1, 0, 8, 0, 0, 0, 1};
      const bool is_init = HasChunk(packet, kChunkInit);
      if (const auto at = std::search(packet.begin(), packet.end(), std::begin(kParam), std::end(kParam)); is_init && at != packet.end()) {
        Store32(&*at + 4, method);
        FixChecksum(&packet);
      }
      if (is_init) init = packet;
      if (HasChunk(packet, kChunkInitAck)) init_ack = packet;
      return watch(from, to, packet);
    };
    pair.Establish();
    EXPECT_TRUE(WorksBothWays(pair));
    EXPECT_EQ(pair.IsBare(kChunkData), method == 1);
    static constexpr uint8_t kAgreed[] = {0x80, 1, 0, 8, 0, 0, 0, 1};
    EXPECT_EQ(std::search(init_ack.begin(), init_ack.end(), std::begin(kAgreed), std::end(kAgreed)) != init_ack.end(), method == 1);
  }
}

// Keeps the last packet.
struct Paper final : Host {
  uint8_t* ReservePacket(size_t capacity) override {
    bytes.assign(capacity, 0xee);
    return bytes.data();
  }
  void CommitPacket(const PacketRoute&, size_t length, bool) override { bytes.resize(length); }
  size_t MaxPacketBytes(CarrierId, const IpAddress&) override { return 1200; }
  bool AddressesOf(CarrierId, std::vector<IpAddress>*) override { return false; }
  CarrierId CarrierTo(std::span<const CarrierId>, const IpAddress&) override { return 0; }
  bool Deliver(SocketId, const Item&) override { return true; }
  void FillRandom(std::span<uint8_t>) override {}

  std::vector<uint8_t> bytes;
};

TEST("§5.2: which chunks have a checksum around them, alone and behind others, in each type and with the T bit") {
  for (const bool agreed : {true, false}) {
    for (int type = 0; type < 256; ++type) {
      for (const uint8_t flags : {0, 1}) {
        for (const bool alone : {true, false}) {
          check::Note("type " + std::to_string(type) + ", flags " + std::to_string(flags));
          Paper paper;
          const PacketRoute route;
          sctp::PacketBuilder packet(paper, route, 1200, 1, 2, 3, agreed ? Checksum::kIfDemanded : Checksum::kAlways);
          if (!alone) packet.AddChunk(kChunkSack, 0, {});
          packet.AddChunk(static_cast<uint8_t>(type), flags, {});
          packet.Send();
          const bool reflects = (type == kChunkAbort || type == kChunkShutdownComplete) && flags != 0;
          const bool needs = !agreed || reflects || type == kChunkInit || type == kChunkCookieEcho || type == kChunkAsconf || type == kChunkShutdownAck ||
                             type == kChunkHeartbeat;
          EXPECT_EQ(IsZero(paper.bytes), !needs);
          if (needs) EXPECT_TRUE(ChecksumIsRight(paper.bytes));
        }
      }
    }
  }
}

TEST("§5.3: a packet without a checksum is taken for an association that has agreed, with a right one too, and with a wrong one never") {
  for (const bool agreed : {true, false}) {
    Protected pair(agreed, agreed);
    pair.Establish();
    auto data = [&](uint32_t tsn) {
      return PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Data(pair.client_tsn + tsn, 0, static_cast<uint16_t>(tsn), AsBytesOf("x")).Done();
    };
    pair.server.Inject(pair.FromClient(), data(0));
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "data:x");
    const uint64_t before = pair.BadAtServer();
    pair.server.Inject(pair.FromClient(), WithoutChecksum(data(1)));
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), agreed ? "data:x" : "");
    EXPECT_EQ(pair.BadAtServer(), before + (agreed ? 0 : 1));
    const uint64_t now = pair.BadAtServer();
    for (size_t byte = 8; byte < 12; ++byte) {
      std::vector<uint8_t> wrong = data(2), nearly = WithoutChecksum(data(2));
      wrong[byte] ^= 1;
      nearly[byte] = 1;
      pair.server.Inject(pair.FromClient(), wrong);
      pair.server.Inject(pair.FromClient(), nearly);
    }
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
    EXPECT_EQ(pair.BadAtServer(), now + 8);
  }
}

TEST("§5.2, §5.3: INIT and COOKIE ECHO need their checksum, and so does what belongs to no association, or to another path") {
  Protected pair;
  const auto init = PacketBuilder(kClientPort, kServerPort, 0).Init(77, 1).Done();
  EXPECT_EQ(AnswersOf(pair, pair.server, pair.FromClient(), WithoutChecksum(init)).size(), 0u);
  const Offer offer = OfferIn(AnswersOf(pair, pair.server, pair.FromClient(), init));
  REQUIRE(offer.given());
  EXPECT_EQ(AnswersOf(pair, pair.server, pair.FromClient(), WithoutChecksum(EchoOf(offer))).size(), 0u);
  EXPECT_EQ(AnswersOf(pair, pair.server, pair.FromClient(), EchoOf(offer)).size(), 1u);
  // Out of the blue: the answer reflects the tag, and has a checksum.
  Protected strangers;
  const auto packet = PacketBuilder(kClientPort, kServerPort, 5).Data(1, 0, 0, AsBytesOf("x")).Done();
  EXPECT_EQ(AnswersOf(strangers, strangers.server, strangers.FromClient(), WithoutChecksum(packet)).size(), 0u);
  const auto answers = AnswersOf(strangers, strangers.server, strangers.FromClient(), packet);
  REQUIRE(answers.size() == 1);
  EXPECT_FALSE(IsZero(answers[0]));
  // A tag that is not the association's: silence, as ever, and no ABORT for a packet that was never checked.
  Protected other;
  other.Establish();
  const auto wrong = WithoutChecksum(PacketBuilder(kClientPort, kServerPort, other.tag_to_server + 1).Data(other.client_tsn, 0, 0, AsBytesOf("x")).Done());
  EXPECT_EQ(AnswersOf(other, other.server, other.FromClient(), wrong).size(), 0u);
}

// RFC 9260 section 8.5.1 E. Without a checksum the second SHUTDOWN ACK would be dropped by an end that has forgotten the association, and so would all that follow.
TEST("a lost SHUTDOWN COMPLETE is asked for again, and the association ends in good order") {
  Protected pair;
  pair.Establish();
  pair.tap = DropFirst(kChunkShutdownComplete, 1);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagEof), 0);
  pair.net.RunFor(100 * kSecond);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "shutdown_comp");
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "shutdown_event shutdown_comp");
  EXPECT_EQ(pair.server.engine->stats().associations, 0u);
}

// Until the end that asks gives up, a peer that comes back with another address is refused (RFC 9260 section 5.2.2).
TEST("a peer that has forgotten the association answers a HEARTBEAT with an ABORT, and the association ends at once") {
  Protected pair;
  pair.Establish();
  pair.client.Crash();
  pair.client.Open(kClientPort);
  EXPECT_TRUE(pair.net.RunUntil([&] { return !pair.server.items(pair.server_socket).empty(); }, 60 * kSecond));
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_lost");
}

// RFC 4895 section 6.3, RFC 5061: an AUTH chunk, or several, hide no chunk that sets up an association.
TEST("a COOKIE ECHO or an INIT behind AUTH chunks needs its checksum as well") {
  for (const size_t auths : {0, 1, 2, 3}) {
    check::Note(std::to_string(auths) + " AUTH chunks");
    Protected pair;
    pair.Establish();
    const Offer offer = OfferIn(AnswersOf(pair, pair.server, pair.FromClient(), PacketBuilder(kClientPort, kServerPort, 0).Init(77, 1).Done()));
    REQUIRE(offer.given());
    for (const uint8_t type : {kChunkInit, kChunkCookieEcho}) {
      PacketBuilder packet(kClientPort, kServerPort, pair.tag_to_server);
      for (size_t i = 0; i < auths; ++i) packet.Words(kChunkAuth, 0, {1, 0, 0, 0, 0, 0});
      packet.Chunk(type, 0, offer.cookie);
      const uint64_t before = pair.BadAtServer();
      EXPECT_EQ(AnswersOf(pair, pair.server, pair.FromClient(), WithoutChecksum(packet.Done())).size(), 0u);
      EXPECT_EQ(pair.BadAtServer(), before + 1);
    }
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
  }
}

TEST("a peer that comes back without it is spoken to with checksums") {
  Protected pair;
  pair.Establish();
  pair.client.Crash();
  pair.client.error_detection = 0;
  pair.client_socket = pair.client.Open(kClientPort);
  pair.server.Take(pair.server_socket);
  REQUIRE(pair.Connect() == 0);
  REQUIRE(pair.net.RunUntil([&] { return !pair.client.items(pair.client_socket).empty() && !pair.server.items(pair.server_socket).empty(); }));
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "restart");
  pair.client.Take(pair.client_socket);
  pair.bare.clear();
  EXPECT_TRUE(WorksBothWays(pair));
  EXPECT_TRUE(pair.bare[&pair.server].empty() && pair.bare[&pair.client].empty());
}

}  // namespace
}  // namespace mailport::sctp::test
