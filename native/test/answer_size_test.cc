// The answers to one packet are a few times its own size at most, whichever chunks it holds and whoever sends it. Otherwise a stranger could have others
// flooded, and a peer could make us work for it.
#include <functional>

#include "handshake.h"

namespace mailport::sctp::test {
namespace {

constexpr size_t kFewTimes = 3;
constexpr size_t kUdpHeaders = 28;  // Of IP and UDP, for each packet on the wire.

size_t Total(const std::vector<std::vector<uint8_t>>& packets) {
  size_t bytes = 0;
  for (const auto& packet : packets) bytes += packet.size() + kUdpHeaders;
  return bytes;
}

struct Answering {
  Answering() {
    pair.net.link.mtu = 65504;  // As on loopback, so that packets can hold much.
    pair.Establish();
  }
  std::vector<std::vector<uint8_t>> Answers(Bytes packet) { return AnswersOf(pair, pair.server, pair.FromClient(), packet); }
  void ExpectFew(const char* what, Bytes packet, size_t most_packets = 1) {
    check::Note(what);
    const auto answers = Answers(packet);
    EXPECT_TRUE(answers.size() <= most_packets);
    EXPECT_TRUE(Total(answers) <= kFewTimes * (packet.size() + kUdpHeaders));
    pair.server.Take(pair.server_socket);
  }
  PacketBuilder Packet() { return PacketBuilder(kClientPort, kServerPort, pair.tag_to_server); }
  // A packet with as many chunks as fit.
  std::vector<uint8_t> Full(const std::function<void(PacketBuilder&, uint32_t)>& add, size_t chunk_bytes) {
    PacketBuilder packet = Packet();
    for (uint32_t i = 0; i < (65504 - 12) / chunk_bytes; i++) add(packet, i);
    return packet.Done();
  }

  Pair pair;
};

// The cause may hold the whole chunk, and a packet may hold thousands of chunks (section 3.2).
TEST("however many unknown chunks a packet has, one small packet tells of them") {
  for (const uint8_t type : {uint8_t{0xfe}, uint8_t{0xc5}}) {
    Answering a;
    a.ExpectFew("one, empty", a.Packet().Words(type, 0, {}).Done());
    a.ExpectFew("two", a.Packet().Words(type, 0, {}).Words(type, 0, {}).Done());
    a.ExpectFew("thousands", a.Full([type](PacketBuilder& p, uint32_t) { p.Words(type, 0, {}); }, 4));
    a.ExpectFew("large ones", a.Full([type](PacketBuilder& p, uint32_t) { p.Chunk(type, 0, std::vector<uint8_t>(1000)); }, 1004));
    const auto answers = a.Answers(a.Full([type](PacketBuilder& p, uint32_t) { p.Words(type, 0, {}); }, 4));
    REQUIRE(answers.size() == 1);
    EXPECT_TRUE(HasChunk(answers[0], kChunkError));
    EXPECT_TRUE(answers[0].size() <= 1200);
    WorksBothWays(a.pair);
  }
}

TEST("however many streams a packet names that are not there, one small packet tells of them") {
  Answering a;
  a.ExpectFew("thousands", a.Full([&](PacketBuilder& p, uint32_t i) { p.Data(a.pair.client_tsn + i, 60000, 0, AsBytesOf("x")); }, 20));
}

TEST("the next packet's faults are told again") {
  Answering a;
  for (int i = 0; i < 3; i++) EXPECT_EQ(a.Answers(a.Packet().Words(0xfe, 0, {}).Done()).size(), 1u);
}

// Section 8.3: the answer is as large as the question, and no packet carries it if that is larger than the path's.
TEST("a HEARTBEAT larger than the path's packets gets no answer, and any other the same back") {
  Answering a;
  for (const size_t bytes : {size_t{8}, size_t{100}, size_t{600}, size_t{1000}, size_t{2000}, size_t{60000}, size_t{65488}}) {
    std::vector<uint8_t> info(bytes, 7);
    Store16(&info[0], kParamHeartbeatInfo);
    Store16(&info[2], static_cast<uint32_t>(bytes));
    const auto answers = a.Answers(a.Packet().Chunk(kChunkHeartbeat, 0, info).Done());
    REQUIRE(answers.size() == 1);
    const ChunkView chunk = ChunksOf(answers[0]).at(0);
    EXPECT_EQ(chunk.type, kChunkHeartbeatAck);
    EXPECT_TRUE(std::equal(chunk.body.begin(), chunk.body.end(), info.begin(), info.end()));
  }
  EXPECT_TRUE(a.Answers(a.Packet().Chunk(kChunkHeartbeat, 0, std::vector<uint8_t>(65489)).Done()).empty());
  WorksBothWays(a.pair);
}

TEST("no control chunk of a peer is answered by more than a few times its packet") {
  Answering a;
  a.ExpectFew("HEARTBEATs", a.Full([](PacketBuilder& p, uint32_t) { p.Words(kChunkHeartbeat, 0, {0x00010004}); }, 8));
  a.ExpectFew("COOKIE ACKs", a.Full([](PacketBuilder& p, uint32_t) { p.Words(kChunkCookieAck, 0, {}); }, 4));
  a.ExpectFew("ERRORs", a.Full([](PacketBuilder& p, uint32_t) { p.Words(kChunkError, 0, {0x00080004}); }, 8));
  a.ExpectFew("ECNEs", a.Full([](PacketBuilder& p, uint32_t) { p.Words(12, 0, {1}); }, 8));
  a.ExpectFew("SHUTDOWN ACKs", a.Full([](PacketBuilder& p, uint32_t) { p.Words(kChunkShutdownAck, 0, {}); }, 4));
  a.ExpectFew("SHUTDOWNs", a.Full([&](PacketBuilder& p, uint32_t) { p.Words(kChunkShutdown, 0, {a.pair.server_tsn - 1}); }, 8));
}

// A stranger can write any source address, and the answer goes to that address.
TEST("no packet of a stranger is answered by more than a few times its bytes") {
  Pair pair;
  const PacketRoute stranger = pair.FromClient();
  const auto expect_few = [&](const char* what, Bytes packet) {
    check::Note(what);
    EXPECT_TRUE(Total(AnswersOf(pair, pair.server, stranger, packet)) <= kFewTimes * (packet.size() + kUdpHeaders));
  };
  pair.server.Set(pair.server_socket, Option::kAdaptation, 0, {7});  // Makes the INIT ACK longer.
  auto packet = [](uint32_t tag) { return PacketBuilder(6000, kServerPort, tag); };
  expect_few("INIT", packet(0).Init(9, 1).Done());
  const auto init_with = [&](uint32_t parameter_header, size_t count, size_t words) {
    std::vector<uint8_t> body(16 + 4 * words * count);
    Store32(&body[0], 9);
    Store32(&body[4], 65536);
    Store32(&body[8], 0x000a000a);
    for (size_t i = 0; i < count; i++) Store32(&body[16 + 4 * words * i], parameter_header);
    for (size_t i = 0; words > 1 && i < count; i++) Store32(&body[20 + 4 * words * i], 0x0a000100 + static_cast<uint32_t>(i));
    return packet(0).Chunk(kChunkInit, 0, body).Done();
  };
  for (const size_t count : {1, 2, 16, 60, 250}) {
    expect_few("unknown parameters, empty", init_with(0xc1230004, count, 1));
    expect_few("unknown parameters", init_with(0xc1230008, count, 2));
    expect_few("addresses", init_with(0x00050008, count, 2));
  }
  expect_few("INIT without streams", packet(0).Init(9, 1, 65536, 0, 0).Done());
  expect_few("a cookie of nobody's", packet(9).Chunk(kChunkCookieEcho, 0, std::vector<uint8_t>(136)).Done());
  for (uint8_t type = 0; type < 20; type++) expect_few("out of the blue", packet(9).Words(type, 0, {}).Done());
  // A cookie that is too old.
  const Offer offer = OfferIn(AnswersOf(pair, pair.server, stranger, packet(0).Init(9, 1).Done()));
  REQUIRE(offer.given());
  pair.net.RunFor(120 * kSecond);
  expect_few("a stale cookie", EchoOf(offer, 6000));
}

TEST("an INIT ACK full of unknown parameters has no more sent than it is") {
  for (const size_t count : {1, 10, 60}) {
    Pair each;
    bool init = false;
    each.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>&) { return init = true, false; };
    REQUIRE(each.Connect() == 0);
    each.net.Settle();
    REQUIRE(init);
    std::vector<uint8_t> body(24 + 4 * count);
    Store32(&body[0], 5);
    Store32(&body[4], 65536);
    Store32(&body[8], 0x000a000a);
    Store32(&body[16], 0x00070008);
    for (size_t i = 0; i < count; i++) Store32(&body[24 + 4 * i], 0xc1230004);
    const auto packet = PacketBuilder(kServerPort, kClientPort, each.tag_to_client).Chunk(kChunkInitAck, 0, body).Done();
    EXPECT_TRUE(Total(AnswersOf(each, each.client, each.FromServer(), packet)) <= kFewTimes * (packet.size() + kUdpHeaders));
  }
}

// Section 3.3.7 and 3.3.10.
TEST("ABORT and ERROR whose causes are malformed are discarded") {
  for (const std::vector<uint8_t>& causes : std::vector<std::vector<uint8_t>>{
           {0, 12, 0, 3}, {0, 12, 0, 0}, {0, 12, 0, 9, 1, 2, 3, 4}, {0, 12}, {0, 12, 0, 4, 0, 13, 0, 9}, {0, 12, 0, 5, 1, 0, 0, 0, 7}}) {
    Answering a;
    check::Note(std::to_string(causes.size()) + " bytes");
    for (const uint8_t type : {kChunkAbort, kChunkError}) EXPECT_TRUE(a.Answers(a.Packet().Chunk(type, 0, causes).Done()).empty());
    EXPECT_EQ(Story(a.pair.server.Take(a.pair.server_socket)), "");
    // With the T bit the malformed ABORT does not count, either.
    a.Answers(a.Packet().Chunk(kChunkAbort, 1, causes).Done());
    EXPECT_EQ(Story(a.pair.server.Take(a.pair.server_socket)), "");
    WorksBothWays(a.pair);
  }
  Answering a;
  // Two causes, the last without its padding.
  a.Answers(a.Packet().Chunk(kChunkAbort, 0, std::vector<uint8_t>{0, 12, 0, 4, 0, 13, 0, 5, 1}).Done());
  EXPECT_EQ(Story(a.pair.server.Take(a.pair.server_socket)), "comm_lost(12)");
}

// A HEARTBEAT ACK that was altered on its way is no answer. The peer has no say in when the HEARTBEAT was sent (section 8.3).
TEST("a HEARTBEAT ACK counts only as it was asked for, and gives the round trip of our own clock") {
  constexpr TimeUs kRoundTrip = 2 * kMillisecond;
  const auto srtt = [](Pair& pair) { return pair.server.Get(pair.server_socket, Option::kPeerAddrInfo, pair.server_assoc).at(2); };
  for (size_t spoilt = 0; spoilt <= 12; spoilt++) {
    Pair pair;
    pair.Establish();
    pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (&from != &pair.client || !HasChunk(packet, kChunkHeartbeatAck)) return true;
      REQUIRE(packet.size() == 12 + 4 + 12);
      if (spoilt < 12) packet[16 + spoilt] ^= 1;
      FixChecksum(&packet);
      return true;
    };
    pair.net.RunFor(kSecond);
    pair.server.Set(pair.server_socket, Option::kPeerAddrParams, pair.server_assoc, {0, 0, 0, 0, 4});
    pair.net.RunFor(kSecond);
    check::Note("byte " + std::to_string(spoilt));
    EXPECT_EQ(srtt(pair), spoilt == 12 ? kRoundTrip / kMillisecond : 0u);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
