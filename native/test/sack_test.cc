// Acknowledgements, seen on the wire: gap blocks, duplicates, when they leave, and hostile ones. DATA is made by hand.
#include <algorithm>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

struct Sack {
  TimeUs time = 0;
  uint32_t cumulative = 0, window = 0;
  std::vector<std::pair<uint32_t, uint32_t>> gaps;  // Offsets from `cumulative`.
  std::vector<uint32_t> duplicates;
};

// An established pair whose client is silent; the test speaks for it.
struct Puppet {
  Puppet() {
    pair.Establish();
    pair.tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (&from == &pair.server)
        for (const ChunkView& chunk : ChunksOf(packet))
          if (chunk.type == kChunkSack) sacks.push_back(Parse(chunk));
      return false;
    };
  }
  Sack Parse(const ChunkView& chunk) {
    Sack sack{pair.net.now(), chunk.Word(0), chunk.Word(4), {}, {}};
    size_t gaps = chunk.Word(8) >> 16, duplicates = chunk.Word(8) & 0xffff;
    for (size_t i = 0; i < gaps; i++) sack.gaps.push_back({chunk.Word(12 + 4 * i) >> 16, chunk.Word(12 + 4 * i) & 0xffff});
    for (size_t i = 0; i < duplicates; i++) sack.duplicates.push_back(chunk.Word(12 + 4 * gaps + 4 * i));
    return sack;
  }
  // TSN n is the n-th of the client, from 0.
  PacketBuilder Packet() { return PacketBuilder(kClientPort, kServerPort, pair.tag_to_server); }
  void Data(uint32_t n, uint8_t flags = kDataBegin | kDataEnd) {
    pair.server.Inject(pair.FromClient(), Packet().Data(pair.client_tsn + n, 0, static_cast<uint16_t>(n), AsBytesOf("x"), flags).Done());
    pair.net.Settle();
  }
  uint32_t Tsn(uint32_t n) const { return pair.client_tsn + n; }

  Pair pair;
  std::vector<Sack> sacks;
};

TEST("sctp_status: chunks are pending while those after them have come (RFC 6458 section 8.2.1)") {
  Puppet p;
  auto pending = [&] { return p.pair.server.Get(p.pair.server_socket, Option::kStatus, p.pair.server_assoc).at(3); };
  p.Data(0);
  EXPECT_EQ(pending(), 0u);
  p.Data(3);
  EXPECT_EQ(pending(), 2u);
  p.Data(5);
  EXPECT_EQ(pending(), 3u);
  p.Data(1);
  EXPECT_EQ(pending(), 2u);
  for (uint32_t n : {2u, 4u}) p.Data(n);
  EXPECT_EQ(pending(), 0u);
}

// Every second packet is acknowledged, and within 200 ms (RFC 9260 section 6.2).
TEST("an acknowledgement comes for every second packet at once, for a single one within 200 ms") {
  Puppet p;
  p.Data(0);
  p.Data(1);
  p.pair.net.RunFor(kSecond);
  size_t before = p.sacks.size();
  EXPECT_TRUE(before >= 1);
  EXPECT_EQ(p.sacks.back().cumulative, p.Tsn(1));
  TimeUs start = p.pair.net.now();
  p.Data(2);
  p.pair.net.RunFor(kSecond);
  REQUIRE(p.sacks.size() == before + 1);
  EXPECT_EQ(p.sacks.back().cumulative, p.Tsn(2));
  EXPECT_TRUE(p.sacks.back().time - start <= 200 * kMillisecond && p.sacks.back().time > start);
  p.Data(3);
  p.Data(4);
  EXPECT_EQ(p.sacks.back().cumulative, p.Tsn(4));
}

// Section 5.1: otherwise an answer to it would wait for the peer's next round trip.
TEST("the first data of an association, and of its next life, is acknowledged at once, the second packet after the delay") {
  Puppet p;
  p.Data(0);
  EXPECT_EQ(p.sacks.size(), 1u);
  p.Data(1);
  EXPECT_EQ(p.sacks.size(), 1u);
  p.pair.net.RunFor(kSecond);
  EXPECT_EQ(p.sacks.size(), 2u);
  Pair pair;
  pair.Establish();
  pair.client.Crash();
  pair.client_socket = pair.client.Open(kClientPort);
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "restart");
  int sacks = 0;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    sacks += &from == &pair.server && HasChunk(packet, kChunkSack);
    // Without its I bit.
    if (&from == &pair.client && HasChunk(packet, kChunkData)) packet[kCommonHeaderBytes + 1] &= static_cast<uint8_t>(~kDataImmediate);
    if (&from == &pair.client) FixChecksum(&packet);
    return true;
  };
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("x")), 0);
  pair.net.RunFor(10 * kMillisecond);
  EXPECT_EQ(sacks, 1);
}

TEST("the I bit asks for an acknowledgement at once") {
  Puppet p;
  p.Data(0);
  p.Data(1);
  p.pair.net.RunFor(kSecond);
  size_t before = p.sacks.size();
  p.Data(2, kDataBegin | kDataEnd | kDataImmediate);
  EXPECT_EQ(p.sacks.size(), before + 1);
  EXPECT_EQ(p.sacks.back().cumulative, p.Tsn(2));
}

// Section 3.3.4.
TEST("gap blocks name exactly what has come, and shrink as holes are filled") {
  Puppet p;
  p.Data(0);
  p.Data(2);
  REQUIRE(!p.sacks.empty());
  EXPECT_EQ(p.sacks.back().cumulative, p.Tsn(0));
  EXPECT_TRUE(p.sacks.back().gaps == (std::vector<std::pair<uint32_t, uint32_t>>{{2, 2}}));
  for (uint32_t n : {3, 6, 7, 9}) p.Data(n);
  EXPECT_TRUE(p.sacks.back().gaps == (std::vector<std::pair<uint32_t, uint32_t>>{{2, 3}, {6, 7}, {9, 9}}));
  p.Data(1);
  EXPECT_EQ(p.sacks.back().cumulative, p.Tsn(3));
  EXPECT_TRUE(p.sacks.back().gaps == (std::vector<std::pair<uint32_t, uint32_t>>{{3, 4}, {6, 6}}));
  p.Data(5);
  p.Data(4);
  p.Data(8);
  p.pair.net.RunFor(kSecond);
  EXPECT_EQ(p.sacks.back().cumulative, p.Tsn(9));
  EXPECT_TRUE(p.sacks.back().gaps.empty());
  auto items = p.pair.server.Take(p.pair.server_socket);
  REQUIRE(items.size() == 10);
  for (size_t n = 0; n < 10; n++) EXPECT_EQ(items[n].item.ssn, n);
}

TEST("a packet that leaves a hole, and every one while there is a hole, is acknowledged at once") {
  Puppet p;
  p.Data(0);
  p.pair.net.RunFor(kSecond);
  for (uint32_t n = 2; n < 8; n++) {
    size_t before = p.sacks.size();
    p.Data(n);
    EXPECT_EQ(p.sacks.size(), before + 1);
  }
}

TEST("duplicates are reported at once, once, and not delivered twice") {
  Puppet p;
  p.Data(0);
  p.Data(1);
  p.pair.net.RunFor(kSecond);
  size_t before = p.sacks.size();
  p.Data(1);
  REQUIRE(p.sacks.size() == before + 1);
  EXPECT_TRUE(p.sacks.back().duplicates == std::vector<uint32_t>{p.Tsn(1)});
  p.Data(3);
  EXPECT_TRUE(p.sacks.back().duplicates.empty());
  p.Data(3);
  EXPECT_TRUE(p.sacks.back().duplicates == std::vector<uint32_t>{p.Tsn(3)});
  p.Data(2);
  EXPECT_EQ(p.pair.server.Take(p.pair.server_socket).size(), 4u);
  EXPECT_EQ(p.pair.server.engine->stats().duplicates, 2u);
}

TEST("gaps beyond number are still sent in a packet that fits, and all data arrives in the end") {
  Puppet p;
  for (uint32_t n = 1; n < 3000; n += 2) p.Data(n);  // FaultOf and the MTU check see every SACK.
  REQUIRE(!p.sacks.empty());
  EXPECT_EQ(p.sacks.back().cumulative, p.Tsn(0) - 1);
  for (uint32_t n = 0; n < 3000; n += 2) p.Data(n);
  // Chunks that were turned away for lack of room come again.
  for (int round = 0; round < 3; round++)
    for (uint32_t n = 0; n < 3000; n++) p.Data(n);
  p.pair.net.RunFor(kSecond);
  EXPECT_EQ(p.sacks.back().cumulative, p.Tsn(2999));
  EXPECT_EQ(p.pair.server.Take(p.pair.server_socket).size(), 3000u);
}

TEST("the window shrinks by what is not read, and never by more than that and a packet's overhead") {
  Puppet p;
  p.pair.server.engine->SetCredit(p.pair.server_socket, 0);
  p.Data(0);
  p.Data(1);
  p.pair.net.RunFor(kSecond);
  uint32_t before = p.sacks.back().window;
  std::vector<uint8_t> kilobyte(1000, 'k');
  for (uint32_t n = 2; n < 12; n++)
    p.pair.server.Inject(p.pair.FromClient(), p.Packet().Data(p.Tsn(n), 0, static_cast<uint16_t>(n), kilobyte).Done());
  p.pair.net.RunFor(kSecond);
  uint32_t after = p.sacks.back().window;
  EXPECT_TRUE(before - after >= 10'000 && before - after <= 10 * (1000 + 256));
  p.pair.server.engine->SetCredit(p.pair.server_socket, kUnlimitedCredit);
  p.pair.server.engine->Drain(p.pair.server_socket);
  p.Data(12);
  p.Data(13);
  p.pair.net.RunFor(kSecond);
  EXPECT_TRUE(p.sacks.back().window >= before);
}

// A TSN far ahead would let a peer make us keep a wide map.
TEST("a TSN far beyond the window is not accepted") {
  Puppet p;
  p.Data(0);
  for (uint32_t far : {1u << 20, 1u << 30, 0x7fffffffu, 0x80000001u}) p.Data(far);
  p.pair.net.RunFor(kSecond);
  EXPECT_EQ(p.sacks.back().cumulative, p.Tsn(0));
  EXPECT_EQ(p.pair.server.Take(p.pair.server_socket).size(), 1u);
}

// A peer that knows the tag may harm its association, but nothing else (section 6.2.1).
TEST("SACKs that lie crash nothing, and no wrong data is delivered") {
  Random random(11);
  for (int round = 0; round < 200; round++) {
    check::Note("round " + std::to_string(round));
    Pair pair(static_cast<uint64_t>(round) + 1);
    pair.Establish();
    std::vector<Message> messages;
    for (uint32_t i = 0; i < 40; i++) messages.push_back(MessageOf(i, 1200));
    Sender sender(pair.client, pair.client_socket, pair.client_assoc, messages);
    pair.net.app = [&] { sender.Pump(); };
    pair.tap = [](SimHost& from, SimHost&, std::vector<uint8_t>&) { return from.name == "server"; };
    pair.net.RunFor(kMillisecond);
    // Gap blocks in disorder, overlapping, backwards, beyond what was sent; cumulative acknowledgements behind and ahead.
    for (int i = 0; i < 10; i++) {
      uint32_t cumulative = pair.client_tsn - 1 + (random.Chance(0.5) ? 0 : static_cast<uint32_t>(random.Below(20)) - 10);
      uint32_t gaps = static_cast<uint32_t>(random.Below(5));
      std::vector<uint8_t> body(12 + 4 * gaps);
      Store32(body.data(), cumulative);
      Store32(body.data() + 4, static_cast<uint32_t>(random.Below(100'000)));
      Store16(body.data() + 8, random.Chance(0.9) ? gaps : gaps + 100);
      for (uint32_t g = 0; g < gaps; g++) Store32(body.data() + 12 + 4 * g, static_cast<uint32_t>(random.Below(30) << 16 | random.Below(30)));
      pair.client.Inject(pair.FromServer(), PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Chunk(kChunkSack, 0, body).Done());
      pair.net.Settle();
    }
    pair.tap = nullptr;
    pair.net.RunFor(100 * kSecond);
    // The client took some data for arrived, so the association may hang or end. The data that did arrive is right, and in order.
    uint32_t next = 0;
    for (const OwnedItem& item : pair.server.items(pair.server_socket)) {
      if (item.item.kind != ItemKind::kData) continue;
      EXPECT_EQ(item.item.ppid, next++);
      EXPECT_TRUE(item.bytes == messages[item.item.ppid].data);
    }
  }
}

// Reneging (section 6.2, 7.2.1): a peer may take back data that a gap block reported, and the data must then be sent again.
TEST("data reported in a gap block and then taken back is sent again") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
  pair.Establish();
  std::vector<std::vector<uint8_t>> sent;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from == &pair.client && HasChunk(packet, kChunkData)) sent.push_back(packet);
    return false;
  };
  for (int i = 0; i < 3; i++) EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, std::vector<uint8_t>(1400, 'r')), 0);
  pair.net.RunFor(kMillisecond);
  EXPECT_EQ(sent.size(), 3u);
  auto sack = [&](uint32_t gaps_word, std::initializer_list<uint32_t> gaps) {
    std::vector<uint32_t> words = {pair.client_tsn - 1, 100'000, gaps_word};
    words.insert(words.end(), gaps);
    std::vector<uint8_t> body(4 * words.size());
    for (size_t i = 0; i < words.size(); i++) Store32(body.data() + 4 * i, words[i]);
    pair.client.Inject(pair.FromServer(), PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Chunk(kChunkSack, 0, body).Done());
  };
  sack(1 << 16, {2 << 16 | 3});
  sack(0, {});
  pair.tap = nullptr;
  EXPECT_TRUE(pair.net.RunUntil([&] { return pair.server.items(pair.server_socket).size() == 3; }, 30 * kSecond));
}

}  // namespace
}  // namespace mailport::sctp::test
