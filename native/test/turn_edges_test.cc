// The packets of one turn of an association, to the byte and the packet: answers that fill packets, acknowledgements that go along or wait, and the one
// packet that a fast retransmission may send whatever the window is.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

// The client's association. The test speaks for the server, and keeps the client's packets.
struct Turn {
  Turn() {
    pair.Establish();
    Listen();
  }
  void Listen() {
    pair.tap = [this](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
      EXPECT_EQ(FaultOf(packet), "");
      fresh.push_back(packet);
      return false;
    };
  }
  PacketBuilder Packet() { return PacketBuilder(kServerPort, kClientPort, pair.tag_to_client); }
  void Inject(PacketBuilder packet) { pair.client.Inject(pair.FromServer(), packet.Done()); }
  // The types of the chunks of each packet sent: "3 0|0" is a SACK and DATA, and then DATA.
  std::string Settled() {
    pair.net.Settle();
    sent = std::exchange(fresh, {});
    std::string types;
    for (const auto& packet : sent) {
      if (!types.empty()) types += '|';
      const char* between = "";
      for (const ChunkView& chunk : ChunksOf(packet)) types += between + std::to_string(chunk.type), between = " ";
    }
    return types;
  }
  void Send(size_t bytes) { EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, std::vector<uint8_t>(bytes)), 0); }
  void UsePathMtu(uint32_t bytes) {
    EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {0, 0, bytes, 0, 16}), 0);
  }

  Pair pair;
  std::vector<std::vector<uint8_t>> sent, fresh;  // Packets of the last Settled(), and packets since.
};

std::vector<uint8_t> Zeros(size_t bytes) { return std::vector<uint8_t>(bytes); }

TEST("answers fill packets to the last byte, and those of one turn have 16 KiB") {
  // An unknown chunk of 232 bytes makes an ERROR of 240: six of them are a packet of 1,452.
  for (const auto& [faults, packets, last] : {std::tuple{6, 1u, 6u}, {7, 2u, 1u}, {12, 2u, 6u}, {100, 12u, 2u}}) {
    check::Note(std::to_string(faults) + " faults");
    Turn turn;
    for (int i = 0; i < faults; ++i) turn.Inject(turn.Packet().Chunk(0xfe, 0, Zeros(228)));
    turn.Settled();
    REQUIRE(turn.sent.size() == packets);
    EXPECT_EQ(ChunksOf(turn.sent[0]).size(), 6u);
    EXPECT_EQ(turn.sent[0].size(), 1452u);
    EXPECT_EQ(ChunksOf(turn.sent.back()).size(), last);
  }
}

TEST("a packet is told of 512 bytes of its faults") {
  for (const auto& [chunk, told] : {std::pair{252u, 2u}, {253u, 1u}, {166u, 3u}, {167u, 2u}}) {
    check::Note("chunks of " + std::to_string(chunk));
    Turn turn;
    PacketBuilder packet = turn.Packet();
    for (int i = 0; i < 4; ++i) packet.Chunk(0xfe, 0, Zeros(chunk - 4));
    turn.Inject(packet);
    turn.Settled();
    REQUIRE(turn.sent.size() == 1);
    EXPECT_EQ(ChunksOf(turn.sent[0]).size(), told);
  }
}

TEST("a HEARTBEAT is answered if the path carries the answer") {
  for (const auto& [mtu, bytes, answered] :
       {std::tuple{0u, 1024u, true}, {0u, 1028u, true}, {0u, 1440u, true}, {0u, 1441u, false}, {512u, 472u, true}, {512u, 473u, false}, {512u, 4u, true}}) {
    check::Note(std::to_string(bytes) + " bytes, MTU " + std::to_string(mtu));
    Turn turn;
    if (mtu != 0) turn.UsePathMtu(mtu);
    turn.Inject(turn.Packet().Chunk(kChunkHeartbeat, 0, Zeros(bytes - 4)));
    EXPECT_EQ(turn.Settled(), answered ? "5" : "");
    if (answered) EXPECT_EQ(turn.sent.at(0).size(), 12 + bytes);
  }
}

TEST("an ABORT's reason is cut to what the path carries") {
  for (const auto& [reason, packet] : {std::pair{464u, 484u}, {512u, 484u}, {460u, 480u}}) {
    Turn turn;
    turn.UsePathMtu(512);
    EXPECT_EQ(turn.pair.client.Send(turn.pair.client_socket, turn.pair.client_assoc, 0, Zeros(reason), kFlagAbort), 0);
    EXPECT_EQ(turn.Settled(), "6");
    EXPECT_EQ(turn.sent.at(0).size(), packet);
  }
}

// Section 6.2. The first packet's acknowledgement may wait, the second's may not. Only the very first data is acknowledged at once (section 5.1).
TEST("an acknowledgement that may wait goes along with new data, and waits where there is none to send") {
  Turn turn;
  turn.Inject(turn.Packet().Data(turn.pair.server_tsn++, 0, 0, AsBytesOf("x")));
  EXPECT_EQ(turn.Settled(), "3");
  turn.Inject(turn.Packet().Data(turn.pair.server_tsn, 0, 1, AsBytesOf("x")));
  EXPECT_EQ(turn.Settled(), "");
  turn.Send(100);
  EXPECT_EQ(turn.Settled(), "3 0");
  // Data that is on its way is not sent again, so the acknowledgement has nothing to go along with.
  turn.Inject(turn.Packet().Data(turn.pair.server_tsn + 1, 0, 2, AsBytesOf("x")));
  EXPECT_EQ(turn.Settled(), "");
  turn.pair.net.RunFor(199 * kMillisecond);
  EXPECT_EQ(turn.Settled(), "");
  turn.pair.net.RunFor(kMillisecond);
  EXPECT_EQ(turn.Settled(), "3");
}

// RFC 7053, and section 5.1.
TEST("an acknowledgement that the I bit asks for, or the first data of an association, leaves when the turn ends, not before") {
  for (const bool is_first : {false, true}) {
    Turn turn;
    Engine& engine = *turn.pair.client.engine;
    uint16_t ssn = 0;
    if (!is_first) {
      turn.Inject(turn.Packet().Data(turn.pair.server_tsn++, 0, ssn++, AsBytesOf("x")));
      EXPECT_EQ(turn.Settled(), "3");
    }
    const uint8_t flags = kDataBegin | kDataEnd | (is_first ? 0 : kDataImmediate);
    turn.Inject(turn.Packet().Data(turn.pair.server_tsn, 0, ssn, AsBytesOf("x"), flags));
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(engine.NeedsFlush());
      engine.Flush(false);
      EXPECT_TRUE(turn.fresh.empty());
    }
    engine.Flush(true);
    EXPECT_FALSE(engine.NeedsFlush());
    EXPECT_EQ(turn.Settled(), "3");
  }
}

// RFC 6458 section 6.1.9.
TEST("who has sent one byte hears that nothing is left once it is acknowledged, and not again for a further acknowledgement") {
  Turn turn;
  turn.pair.client.Set(turn.pair.client_socket, Option::kEvents, 0, {2048});
  turn.Send(1);
  turn.Settled();
  EXPECT_TRUE(turn.pair.client.Take(turn.pair.client_socket).empty());
  for (const size_t told : {1u, 0u}) {
    turn.Inject(turn.Packet().Words(kChunkSack, 0, {turn.pair.client_tsn, 65536, 0}));
    const auto items = turn.pair.client.Take(turn.pair.client_socket);
    REQUIRE(items.size() == told);
    if (told == 1) EXPECT_TRUE(items[0].item.kind == ItemKind::kSenderDry);
  }
}

// A window full of chunks of which SACKs of the test acknowledge the third one and those behind it.
struct FullWindow : Turn {
  FullWindow() {
    pair.tap = nullptr;
    pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
    std::vector<Message> messages;
    for (uint32_t i = 0; i < 60; ++i) messages.push_back(MessageOf(i, 1400));
    Transfer(pair, messages, {});
    pair.net.RunFor(100 * kMillisecond);
    Listen();
    const size_t count = pair.client.Get(pair.client_socket, Option::kPeerAddrInfo, pair.client_assoc).at(1) / 1400;
    for (size_t i = 0; i < count; ++i) Send(1400);
    Settled();
    REQUIRE(count >= 11 && sent.size() == count);
    first = SentTsn();
    pair.net.RunFor(2 * kMillisecond);
  }
  uint32_t SentTsn() const { return ChunksOf(sent.at(0)).at(0).Word(0); }
  std::string Sack(uint32_t last) {
    Inject(Packet().Words(kChunkSack, 0, {first - 1, 1'000'000, 0x00010000, 3u << 16 | last}));
    return Settled();
  }
  // The first two are lost a quarter of a round trip later. The first one leaves again.
  void LoseTwo() {
    for (const uint32_t last : {3, 4, 5}) EXPECT_EQ(Sack(last), "");
    EXPECT_TRUE(pair.net.RunUntil([&] { return !fresh.empty(); }, kMillisecond));
    EXPECT_EQ(Settled(), "0");
    EXPECT_EQ(SentTsn(), first);
  }

  uint32_t first = 0;
};

// Section 7.2.4, step 3.
TEST("the first packet of a fast retransmission leaves though the window is full; what else was lost waits for room") {
  FullWindow turn;
  const uint64_t before = turn.pair.client.engine->stats().retransmissions, found = turn.pair.client.engine->stats().fast_retransmits;
  turn.LoseTwo();
  EXPECT_EQ(turn.pair.client.engine->stats().fast_retransmits, found + 1);
  for (const uint32_t last : {6, 7, 8}) EXPECT_EQ(turn.Sack(last), "");
  EXPECT_EQ(turn.pair.client.engine->stats().retransmissions, before + 1);
  // Half as much leaves as arrives, by whole packets (RFC 6937).
  EXPECT_EQ(turn.Sack(9), "0");
  EXPECT_EQ(turn.SentTsn(), turn.first + 1);
}

// Section 7.2.4, step 4.
TEST("T3 runs from the earliest chunk's retransmission, not from that of a later one, nor from a probe") {
  FullWindow turn;
  turn.LoseTwo();
  turn.pair.net.RunFor(10 * kMillisecond);
  EXPECT_EQ(turn.Sack(10), "0");
  EXPECT_EQ(turn.SentTsn(), turn.first + 1);
  const auto timeouts = [&] { return turn.pair.client.engine->stats().timeouts; };
  const uint64_t before = timeouts();
  turn.pair.net.RunFor(kSecond - 10 * kMillisecond - 1);
  EXPECT_TRUE(turn.Settled().size() > 1);  // Probes.
  EXPECT_EQ(timeouts(), before);
  turn.pair.net.RunFor(1);
  EXPECT_EQ(timeouts(), before + 1);
}

}  // namespace
}  // namespace mailport::sctp::test
