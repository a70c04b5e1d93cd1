// When a window counts as used up, how many reports find a loss, and when recovery from it is over, each to the byte and to the chunk (RFC 9260
// sections 7.2.1 and 7.2.4, RFC 5827); and what is kept of messages that are gone.
#include "outbound_fixture.h"

namespace mailport::sctp::test {
namespace {

TEST("a window counts as used up when less than half a packet of it is left") {
  for (const auto& [bytes, grown] : {std::pair<size_t, size_t>{3499, 4000}, {3500, 6000}, {4000, 6000}}) {
    check::Note(std::to_string(bytes));
    Fixture f;  // Packets of 1,000 bytes, a window of 4,000.
    f.Push(std::string(bytes, 'x'));
    f.SendAll(2000);
    EXPECT_EQ(f.path.flight_bytes, bytes);
    f.Sack(static_cast<uint32_t>((bytes + 1999) / 2000));
    EXPECT_EQ(f.path.cwnd(), grown);
  }
}

// Sends packets of so many chunks each.
void SendPackets(Fixture& f, std::initializer_list<size_t> chunks_of_packets) {
  size_t released = 0;
  std::vector<uint8_t> chunk(16 + 1000);
  for (const size_t chunks : chunks_of_packets)
    for (size_t i = 0; i < chunks; ++i) {
      f.Push(std::string(1000, 'x'));
      EXPECT_EQ(f.out.NextNewBytes(1000, f.now, f, &released), 1000u);
      f.out.WriteNew(1000, i == 0, f.now, f.path, chunk.data());
    }
}

// How many SACKs it takes until one finds a loss, if each acknowledges one chunk more, from the second on; 0: none does.
int ReportsNeeded(Fixture& f, uint32_t cumulative, int chunks, uint32_t window = 100'000) {
  for (int reports = 1; reports < chunks; ++reports)
    if (f.Sack(cumulative, {2, static_cast<uint16_t>(1 + reports)}, window).loss_found) return reports;
  return 0;
}

TEST("three reports find a loss, and fewer where fewer packets are on their way and no more can follow") {
  const struct {
    std::initializer_list<size_t> packets;
    uint32_t cumulative;  // Chunks that have been acknowledged.
    int chunks;           // Chunks that are left.
    int reports;
  } lines[] = {
      {{1}, 0, 1, 0},
      {{1, 1}, 0, 2, 1},
      {{1, 1, 1}, 0, 3, 2},
      {{1, 1, 1, 1}, 0, 4, 3},
      {{1, 1, 1, 1, 1, 1}, 0, 6, 3},
      {{2, 2}, 0, 4, 1},  // Packets count, however many chunks they have.
      {{2, 1, 1}, 0, 4, 2},
      {{2, 1, 1}, 1, 3, 2},  // A packet that was acknowledged in part still counts.
      {{2, 1, 1}, 2, 2, 1},
      {{1, 1, 1, 1}, 1, 3, 2},
      {{4}, 0, 4, 1},
  };
  for (const auto& line : lines) {
    check::Note("line " + std::to_string(&line - lines));
    Fixture f;
    SendPackets(f, line.packets);
    if (line.cumulative != 0) f.Sack(line.cumulative);
    EXPECT_EQ(ReportsNeeded(f, line.cumulative, line.chunks), line.reports);
  }
}

TEST("chunks that wait and may be sent will cause the reports: while either window allows them, all three reports are waited for") {
  const struct {
    bool waits;
    size_t window;  // The peer's.
    size_t timeouts;
    bool found;  // By one report of two chunks.
  } lines[] = {
      {false, 100'000, 0, true},
      {true, 100'000, 0, false},
      {true, 1001, 0, false},
      {true, 1000, 0, true},  // As large as the bytes on their way.
      {true, 100'000, 1, true},  // The congestion window, one packet, is as large as these bytes.
  };
  for (const auto& line : lines) {
    check::Note("line " + std::to_string(&line - lines));
    Fixture f;
    SendPackets(f, {1, 1});
    if (line.waits) f.Push("more");
    for (size_t i = 0; i < line.timeouts; ++i) f.path.OnTimeout();
    EXPECT_EQ(f.Sack(0, {2, 2}, static_cast<uint32_t>(line.window)).loss_found, line.found);
  }
}

TEST("recovery is over with the last chunk that was sent when the loss was found, by SACK or by SHUTDOWN") {
  for (const bool by_shutdown : {false, true}) {
    Fixture f;
    SendPackets(f, {1, 1, 1, 1, 1, 1});
    EXPECT_EQ(ReportsNeeded(f, 0, 6), 3);
    SendPackets(f, {1, 1});
    const auto acknowledge = [&](uint32_t chunks) {
      if (by_shutdown)
        f.out.OnCumulative(kTsn + chunks - 1, f.now, f.paths);
      else
        f.Sack(chunks);
    };
    acknowledge(5);
    EXPECT_TRUE(f.path.in_fast_recovery());
    acknowledge(6);
    EXPECT_FALSE(f.path.in_fast_recovery());
  }
}

TEST("the I bit is set in the chunk beside the others") {
  Fixture f;
  f.Push("a");
  std::vector<uint8_t> chunk(16 + 1);
  f.out.WriteNew(1, true, f.now, f.path, chunk.data());
  RequestImmediateSack(chunk.data());
  EXPECT_EQ(chunk[1], kDataBegin | kDataEnd | kDataImmediate);
  RequestImmediateSack(chunk.data());
  EXPECT_EQ(chunk[1], kDataBegin | kDataEnd | kDataImmediate);
}

TEST("messages that still wait fill a packet, and not messages that were sent, have expired, or were given up") {
  Fixture f;
  f.Push("abcdef");
  f.Push("gh", 0, 0, 100);
  EXPECT_TRUE(f.out.PendingFills(8 + 2 * 16));
  size_t released = 0;
  std::vector<uint8_t> chunk(16 + 4);
  f.out.WriteNew(4, true, f.now, f.path, chunk.data());
  EXPECT_TRUE(f.out.PendingFills(4 + 2 * 16));
  EXPECT_FALSE(f.out.PendingFills(4 + 2 * 16 + 1));
  f.out.WriteNew(2, false, f.now, f.path, chunk.data());
  EXPECT_TRUE(f.out.PendingFills(2 + 16));
  EXPECT_FALSE(f.out.PendingFills(2 + 16 + 1));
  f.now += 100'000;
  EXPECT_EQ(f.out.NextNewBytes(1000, f.now, f, &released), 0u);
  EXPECT_FALSE(f.out.PendingFills(1));
  f.Push("ijk");
  f.out.FailAll(1000, f);
  EXPECT_FALSE(f.out.PendingFills(1));
  EXPECT_EQ(f.out.charged_bytes(), 0u);
}

TEST("of a message that has left in part the rest is given up as never sent") {
  Fixture f;
  f.Push("abcdefgh", 3);
  std::vector<uint8_t> chunk(16 + 3);
  f.out.WriteNew(3, true, f.now, f.path, chunk.data());
  f.out.FailAll(4, f);
  EXPECT_EQ(f.failed, (std::vector<Failed>{{"abc", true, 3, 0, 0, 7, 8, 0}, {"defg", false, 3, 0, 0, 7, 8, 0}, {"h", false, 3, 0, 0, 7, 8, 0}}));
}

// New bytes take the places of bytes that have been let go of.
TEST("chunks that were acknowledged, have expired or were given up make room for new ones, and chunks that are still needed do not") {
  Fixture f;
  std::string letters;
  for (int round = 0; round < 200; ++round) {
    const std::string text(101, static_cast<char>('a' + round % 26));
    const uint32_t sent = f.out.next_tsn() - kTsn;
    f.Push(text + "1", 0);
    f.Push(std::string(300, 'y'), 12);
    f.Push(text + "23", 1);
    EXPECT_EQ(f.out.FailStreamsFrom(12, 1000, f), 300u);
    EXPECT_EQ(f.failed.back().text, std::string(300, 'y'));
    const Strings first = f.SendAll(60);
    REQUIRE(first.size() == 4);
    EXPECT_EQ(first[0].substr(first[0].size() - 60) + first[1].substr(first[1].size() - 42), text + "1");
    f.Sack(sent + 1);
    f.out.MarkAllLost(f.paths, f.path);
    const Strings again = f.SendLost();
    REQUIRE(again.size() == 3);
    EXPECT_EQ(again[0], first[1]);
    EXPECT_EQ(again[2], first[3]);
    f.Sack(sent + 4);
    if (round % 50 == 0) f.out.Trim();
    f.failed.clear();
  }
  EXPECT_TRUE(f.out.empty());
}

TEST("whatever a peer has taken back, one that begins again is believed as at first") {
  Fixture f;
  constexpr uint16_t kChunks = 1026;  // All but the first are acknowledged and taken back: one more than may be.
  for (uint16_t i = 0; i < kChunks; ++i) f.Push("x");
  f.SendAll();
  f.Sack(0, {2, kChunks});
  f.Sack(0);
  EXPECT_EQ(f.path.flight_bytes, 1u + 1024);
  f.out.FailAll(1000, f);
  f.path.flight_bytes = 0;
  f.out.Reset(kTsn, 100'000);
  f.Push("a");
  f.Push("b");
  f.SendAll();
  f.Sack(0, {2, 2});
  f.out.MarkAllLost(f.paths, f.path);
  EXPECT_EQ(f.SendLost(), (Strings{"0:3:0,0:a"}));
}

}  // namespace
}  // namespace mailport::sctp::test
