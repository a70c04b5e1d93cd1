// The sending side by itself: chunks cut, numbered and written, acknowledged in every order, taken back, lost and sent again, expired and given up, and the
// sums that go with them (RFC 9260 sections 6.1, 6.2.1, 7.2.4).
#include "outbound_fixture.h"

namespace mailport::sctp::test {
namespace {

TEST("chunks are numbered by TSN and stream, fragments of a message share their number, unordered ones have none") {
  Fixture f;
  f.Push("abcdefg", 1);
  f.Push("h", 1, kFlagUnordered);
  f.Push("i", 1);
  f.Push("j", 2);
  EXPECT_EQ(f.out.held_bytes(), 10u);
  EXPECT_EQ(f.SendAll(3), (Strings{"0:2:1,0:abc", "1:0:1,0:def", "2:1:1,0:g", "3:7:1,0:h", "4:3:1,1:i", "5:3:2,0:j"}));
  EXPECT_EQ(f.out.held_bytes(), 10u);
  EXPECT_EQ(f.path.flight_bytes, 10u);
  EXPECT_EQ(f.out.peer_window(), 100'000u - 10 - 6 * kOverhead);
  EXPECT_EQ(f.out.outstanding_chunks(), 6u);
  EXPECT_EQ(f.out.first_tsn(), kTsn);
  EXPECT_EQ(f.out.next_tsn(), kTsn + 6);
  EXPECT_FALSE(f.out.HasPending());
}

TEST("each message counts with its header in what fills a packet") {
  Fixture f;
  EXPECT_TRUE(f.out.PendingFills(0));
  EXPECT_FALSE(f.out.PendingFills(1));
  f.Push("abcd");
  EXPECT_TRUE(f.out.PendingFills(20));
  EXPECT_FALSE(f.out.PendingFills(21));
  f.Push("efgh");
  EXPECT_TRUE(f.out.PendingFills(40));
  EXPECT_FALSE(f.out.PendingFills(41));
}

TEST("a SACK releases what it covers, once; older ones, and those for what was never sent, say nothing") {
  Fixture f;
  for (const char* text : {"aa", "bbb", "cccc"}) f.Push(text);
  f.SendAll();
  EXPECT_FALSE(f.Sack(4).valid);
  SackOutcome outcome = f.Sack(2);
  EXPECT_TRUE(outcome.valid && outcome.cumulative_advanced && !outcome.loss_found);
  EXPECT_EQ(outcome.released_bytes, 5u);
  EXPECT_EQ(f.out.held_bytes(), 4u);
  EXPECT_EQ(f.path.flight_bytes, 4u);
  EXPECT_FALSE(f.Sack(1).valid);
  outcome = f.Sack(2);
  EXPECT_TRUE(outcome.valid && !outcome.cumulative_advanced);
  EXPECT_EQ(outcome.released_bytes, 0u);
  EXPECT_EQ(f.Sack(3, {}, 500).released_bytes, 4u);
  EXPECT_TRUE(f.out.empty());
  EXPECT_EQ(f.out.peer_window(), 500u);
  EXPECT_EQ(f.path.flight_bytes, 0u);
  EXPECT_FALSE(f.Sack(4).valid);
}

TEST("gap blocks take chunks out of flight but not out of memory, and are counted when the cumulative TSN has come by") {
  Fixture f;
  for (const char* text : {"a", "bb", "ccc", "dddd"}) f.Push(text);
  f.SendAll();
  SackOutcome outcome = f.Sack(0, {2, 3});
  EXPECT_TRUE(outcome.valid && !outcome.cumulative_advanced);
  EXPECT_EQ(outcome.released_bytes, 0u);
  EXPECT_EQ(f.path.flight_bytes, 5u);
  EXPECT_EQ(f.out.held_bytes(), 10u);
  EXPECT_EQ(f.out.peer_window(), 100'000u - 5 - 2 * kOverhead);
  outcome = f.Sack(3);
  EXPECT_EQ(outcome.released_bytes, 6u);
  EXPECT_EQ(f.path.flight_bytes, 4u);
  // Blocks that are no blocks: from 0, backwards. Then blocks of what was never sent, with which the whole SACK counts for nothing.
  const auto expect_nothing = [](uint32_t cumulative, std::initializer_list<uint16_t> blocks, bool is_unsent) {
    Fixture g;
    for (const char* text : {"a", "bb", "ccc"}) g.Push(text);
    g.SendAll();
    const SackOutcome what = g.Sack(cumulative, blocks);
    EXPECT_EQ(what.valid, !is_unsent);
    EXPECT_EQ(what.was_never_sent, is_unsent);
    EXPECT_EQ(what.released_bytes, 0u);
    EXPECT_EQ(g.path.flight_bytes, 6u);
  };
  expect_nothing(0, {0, 1}, false);
  expect_nothing(0, {2, 1}, false);
  expect_nothing(0, {2, 9}, true);
  expect_nothing(0, {9, 12}, true);
  expect_nothing(1, {2, 3}, true);
  expect_nothing(1, {1, 1, 3, 3}, true);
}

// Section 7.2.4.
TEST("three reports find a loss, once: what was sent again waits for the timer") {
  Fixture f;
  for (const char* text : {"a", "b", "c", "d", "e", "f", "g", "h"}) f.Push(text + std::string(999, 'x'));
  f.SendAll();
  EXPECT_FALSE(f.Sack(0, {2, 2}).loss_found);
  EXPECT_FALSE(f.Sack(0, {2, 3}).loss_found);
  EXPECT_EQ(f.out.NextRetransmissionBytes(), 0u);
  EXPECT_TRUE(f.Sack(0, {2, 4}).loss_found);
  EXPECT_TRUE(f.path.in_fast_recovery());
  EXPECT_EQ(f.path.flight_bytes, 4000u);
  EXPECT_TRUE(f.out.NextRetransmissionIsEarliest());
  const Strings again = f.SendLost();
  REQUIRE(again.size() == 1);
  EXPECT_EQ(again[0].substr(0, 8), "0:3:0,0:");
  EXPECT_EQ(f.path.flight_bytes, 5000u);
  for (uint16_t last = 5; last <= 8; ++last) EXPECT_FALSE(f.Sack(0, {2, last}).loss_found);
  f.out.MarkAllLost(f.paths, f.path);
  EXPECT_EQ(f.path.flight_bytes, 0u);
  EXPECT_EQ(f.SendLost().size(), 1u);
  EXPECT_EQ(f.Sack(8).released_bytes, 8000u);
  EXPECT_TRUE(f.out.empty());
}

TEST("after a timeout everything that was not acknowledged is lost, in order, and the window has its room again") {
  Fixture f;
  for (const char* text : {"a", "bb", "ccc", "dddd"}) f.Push(text);
  f.SendAll();
  f.Sack(0, {2, 2});
  f.out.MarkAllLost(f.paths, f.path);
  EXPECT_EQ(f.path.flight_bytes, 0u);
  EXPECT_EQ(f.out.peer_window(), 100'000u);
  EXPECT_EQ(f.out.NextRetransmissionBytes(), 1u);
  EXPECT_EQ(f.SendLost(), (Strings{"0:3:0,0:a", "2:3:0,2:ccc", "3:3:0,3:dddd"}));
  EXPECT_EQ(f.path.flight_bytes, 8u);
  EXPECT_EQ(f.out.peer_window(), 100'000u - 8 - 3 * kOverhead);
  EXPECT_EQ(f.out.NextRetransmissionBytes(), 0u);
  EXPECT_EQ(f.Sack(4).released_bytes, 10u);
}

// Section 6.3.1 C4, C5.
TEST("one chunk is timed at a time, and a chunk that was sent again is not timed") {
  Fixture f;
  f.Push("a");
  f.Push("b");
  f.SendAll();
  EXPECT_EQ(f.path.timed_tsn(), kTsn);
  f.now += 40'000;
  f.Sack(1);
  EXPECT_EQ(f.path.srtt(), 40'000u);
  EXPECT_FALSE(f.path.timing());
  f.now += 40'000;
  f.Sack(2);
  EXPECT_EQ(f.path.srtt(), 40'000u);
  f.Push("c");
  f.SendAll();
  EXPECT_TRUE(f.path.timing());
  f.out.MarkAllLost(f.paths, f.path);
  f.SendLost();
  f.now += 400'000;
  f.Sack(3);
  EXPECT_EQ(f.path.srtt(), 40'000u);
  EXPECT_FALSE(f.path.timing());
  // An acknowledgement by a gap block measures a round trip like any other.
  f.Push("d");
  f.SendAll();
  f.Push("e");
  f.SendAll();
  EXPECT_EQ(f.path.timed_tsn(), kTsn + 3);
  f.now += 80'000;
  f.Sack(3, {1, 1});
  EXPECT_EQ(f.path.srtt(), 45'000u);
}

TEST("a lifetime counts until the first fragment has left") {
  Fixture f;
  f.Push("abcdef", 1, 0, 100);
  f.Push("gh", 1, 0, 100);
  size_t released = 0;
  std::vector<uint8_t> chunk(16 + 3);
  EXPECT_EQ(f.out.NextNewBytes(3, f.now, f, &released), 3u);
  f.out.WriteNew(3, true, f.now, f.path, chunk.data());
  f.now += 99'999;
  EXPECT_EQ(f.out.NextNewBytes(3, f.now, f, &released), 3u);
  f.out.WriteNew(3, true, f.now, f.path, chunk.data());
  EXPECT_EQ(f.out.NextNewBytes(3, f.now, f, &released), 2u);
  f.now += 1;
  EXPECT_EQ(f.out.NextNewBytes(3, f.now, f, &released), 0u);
  EXPECT_EQ(released, 2u);
  EXPECT_EQ(f.failed, (std::vector<Failed>{{"gh", false, 1, 0, 0, 7, 8, 100}}));
  EXPECT_EQ(f.out.held_bytes(), 6u);
  f.Push("i", 1);
  EXPECT_EQ(f.SendAll(), (Strings{"2:3:1,1:i"}));  // The number of a message that was never sent goes to the next one.
}

// A gap block acknowledges nothing for good (RFC 9260 section 6.2): with the association the peer forgets what waits behind a gap.
TEST("messages that are given up come back, oldest first, cut as they were or would have been sent; those behind a gap too, acknowledged ones do not") {
  Fixture f;
  f.Push("abcde", 1, kFlagUnordered);
  f.Push("f", 2);
  f.Push("g", 3);
  size_t released = 0;
  std::vector<uint8_t> chunk(16 + 3);
  for (int i = 0; i < 3; ++i) {
    const size_t bytes = f.out.NextNewBytes(3, f.now, f, &released);
    f.out.WriteNew(bytes, true, f.now, f.path, chunk.data());
  }
  f.Push("hijkl", 4);
  f.Sack(1, {2, 2});
  f.out.FailAll(3, f);
  EXPECT_EQ(f.failed, (std::vector<Failed>{{"de", true, 1, 0, kFlagUnordered, 7, 8, 0},
                                           {"f", true, 2, 0, 0, 7, 8, 0},
                                           {"g", false, 3, 0, 0, 7, 8, 0},
                                           {"hij", false, 4, 0, 0, 7, 8, 0},
                                           {"kl", false, 4, 0, 0, 7, 8, 0}}));
  EXPECT_TRUE(f.out.empty());
  EXPECT_EQ(f.out.held_bytes(), 0u);
  EXPECT_EQ(f.out.NextRetransmissionBytes(), 0u);
  // After a reset the sender is as new.
  f.out.Reset(kTsn, 1000);
  f.path.flight_bytes = 0;
  f.failed.clear();
  f.Push("again", 2);
  EXPECT_EQ(f.SendAll(), (Strings{"0:3:2,0:again"}));
  EXPECT_EQ(f.Sack(1).released_bytes, 5u);
  EXPECT_TRUE(f.out.empty() && f.failed.empty());
}

TEST("messages for streams that there are not are given up; the others stay in order, and the sums fit") {
  Fixture f;
  f.Push("a", 0);
  f.Push("bb", 5);
  f.Push("ccc", 4);
  f.Push("dddd", 9, kFlagUnordered, 50);
  f.Push("eeeee", 1);
  EXPECT_EQ(f.out.FailStreamsFrom(5, 1000, f), 6u);
  EXPECT_EQ(f.failed, (std::vector<Failed>{{"bb", false, 5, 0, 0, 7, 8, 0}, {"dddd", false, 9, 0, kFlagUnordered, 7, 8, 50}}));
  EXPECT_EQ(f.out.held_bytes(), 9u);
  EXPECT_TRUE(f.out.PendingFills(9 + 3 * 16));
  EXPECT_FALSE(f.out.PendingFills(9 + 3 * 16 + 1));
  EXPECT_EQ(f.SendAll(), (Strings{"0:3:0,0:a", "1:3:4,0:ccc", "2:3:1,0:eeeee"}));
  EXPECT_EQ(f.Sack(3).released_bytes, 9u);
}

TEST("the acknowledgement in a SHUTDOWN counts as in a SACK, without a window") {
  Fixture f;
  for (const char* text : {"aa", "bbb"}) f.Push(text);
  f.SendAll();
  const uint32_t window = f.out.peer_window();
  EXPECT_FALSE(f.out.OnCumulative(kTsn + 2, f.now, f.paths).valid);
  EXPECT_FALSE(f.out.OnCumulative(kTsn - 2, f.now, f.paths).valid);
  SackOutcome outcome = f.out.OnCumulative(kTsn - 1, f.now, f.paths);
  EXPECT_TRUE(outcome.valid && !outcome.cumulative_advanced);
  outcome = f.out.OnCumulative(kTsn, f.now, f.paths);
  EXPECT_TRUE(outcome.valid && outcome.cumulative_advanced);
  EXPECT_EQ(outcome.released_bytes, 2u);
  EXPECT_EQ(f.path.flight_bytes, 3u);
  EXPECT_EQ(f.out.peer_window(), window);
}

TEST("a peer is full if by its last word it has no room for what it has not acknowledged") {
  Fixture f;
  EXPECT_FALSE(f.out.PeerIsFull());
  f.Push("abcd");
  EXPECT_FALSE(f.out.PeerIsFull());
  f.SendAll();
  EXPECT_FALSE(f.out.PeerIsFull());
  f.Sack(0, {}, 4);
  EXPECT_FALSE(f.out.PeerIsFull());
  f.Sack(0, {}, 3);
  EXPECT_TRUE(f.out.PeerIsFull());
  f.Sack(1, {}, 0);
  EXPECT_FALSE(f.out.PeerIsFull());
  EXPECT_EQ(f.out.peer_window(), 0u);
}

TEST("a window that the peer takes back below what is on its way is none") {
  Fixture f;
  f.Push("abcd");
  f.SendAll();
  f.Sack(0, {}, 4 + kOverhead);
  EXPECT_EQ(f.out.peer_window(), 0u);
  f.Sack(0, {}, 4 + kOverhead + 1);
  EXPECT_EQ(f.out.peer_window(), 1u);
  f.Sack(0, {}, 2);
  EXPECT_EQ(f.out.peer_window(), 0u);
}

}  // namespace
}  // namespace mailport::sctp::test
