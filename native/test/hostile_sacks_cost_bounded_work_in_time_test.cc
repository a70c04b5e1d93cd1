// Hostile acknowledgements on a path whose round trip is measured, where time finds losses: work, memory and packets stay in proportion to what the peer says.
#include <vector>

#include "check.h"
#include "one_path.h"
#include "packet/wire.h"
#include "pair.h"
#include "random.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kFirstTsn = 0xfffff000;
constexpr uint32_t kChunks = 20'000;
constexpr TimeUs kInterval = 10;
constexpr TimeUs kRoundTrip = 40 * kMillisecond;

// A sender of kChunks chunks of one byte, one packet each, every 10 µs. The first one has measured the round trip.
struct Sending : OnePath {
  Sending() : OnePath(1452) {
    outbound.Reset(kFirstTsn, 1 << 30);
    const std::vector<uint8_t> byte(1, 'x');
    for (uint32_t i = 0; i <= kChunks; ++i, now += kInterval) {
      outbound.Push({.assoc_id = 3}, byte, now);
      outbound.WriteNew(1, true, now, path, chunk.data());
      if (i != 0) continue;
      now += kRoundTrip;
      Sack(1);
    }
    now += kRoundTrip;
    sacks = words = 0;
    before = outbound.work();
  }
  SackOutcome Sack(uint32_t cumulative, const std::vector<std::pair<uint32_t, uint32_t>>& gaps = {}, const std::vector<uint32_t>& duplicates = {}) {
    std::vector<uint8_t> blocks(4 * gaps.size()), tsns(4 * duplicates.size());
    for (size_t i = 0; i < gaps.size(); ++i) {
      Store16(&blocks[4 * i], gaps[i].first);
      Store16(&blocks[4 * i + 2], gaps[i].second);
    }
    for (size_t i = 0; i < duplicates.size(); ++i) Store32(&tsns[4 * i], kFirstTsn + duplicates[i]);
    ++sacks;
    words += gaps.size() + duplicates.size();
    return outbound.OnSack({kFirstTsn + cumulative - 1, 1 << 20, blocks, tsns}, now, paths);
  }
  size_t Retransmit() {
    size_t count = 0;
    for (; outbound.NextRetransmissionBytes() != 0; ++count) outbound.WriteRetransmission(paths, path, now, chunk.data());
    return count;
  }
  uint64_t Work() const { return outbound.work() - before; }
  // A few steps for each SACK, for each word in it, for each chunk and for each retransmission.
  uint64_t Allowed(uint64_t retransmissions = 0) const { return 8 * (sacks + words + kChunks + retransmissions); }

  TimeUs now = 1'000'000;
  Outbound outbound{pool};
  std::vector<uint8_t> chunk = std::vector<uint8_t>(64);
  uint64_t sacks = 0, words = 0, before = 0;
};

TEST("one chunk that is missing for ever is sent again once a round trip, whatever is acknowledged behind it") {
  Sending s;
  size_t again = 0;
  for (uint32_t last = 2; last <= kChunks; ++last, s.now += kInterval) {
    s.Sack(1, {{2, last}});
    again += s.Retransmit();
  }
  // Nothing that is acknowledged left after the retransmission, so nothing says that it is lost.
  EXPECT_EQ(again, 1u);
  EXPECT_TRUE(s.Work() <= s.Allowed(again));
}

TEST("chunks that are acknowledged from the last to the first cost bounded work, and leave again once a round trip at most") {
  Sending s;
  size_t again = 0;
  for (uint32_t first = kChunks; first >= 2; --first, s.now += kInterval) {
    s.Sack(1, {{first, kChunks}});
    again += s.Retransmit();
  }
  // The SACKs take five round trips. In each, what was sent again looks lost once more.
  EXPECT_TRUE(again <= 6 * kChunks);
  EXPECT_TRUE(s.Work() <= s.Allowed(again));
}

TEST("SACKs that take back and give again have each chunk sent again a few times at most, and are then not believed") {
  Sending s;
  size_t again = 0;
  for (int round = 0; round < 2000; ++round, s.now += kRoundTrip) {
    s.Sack(1, {{2, kChunks}});
    again += s.Retransmit();
    s.Sack(1);
    again += s.Retransmit();
  }
  EXPECT_TRUE(again <= 2100);
  EXPECT_TRUE(s.Work() <= s.Allowed(again));
}

TEST("duplicates that are reported without end cost a step each, and undo no more than a loss did") {
  Sending s;
  s.Sack(1, {{2, 10}});
  s.now += kRoundTrip;
  s.Sack(1, {{2, 12}});
  s.Retransmit();
  const size_t window = s.path.cwnd();
  std::vector<uint32_t> duplicates(350, 1);
  for (int i = 0; i < 1000; ++i) s.Sack(1, {{2, 12}}, duplicates);
  EXPECT_TRUE(s.path.cwnd() >= window && s.path.cwnd() <= 2 * window + 2 * 1452);
  EXPECT_TRUE(s.Work() <= s.Allowed(2));
  // TSNs that were never sent, or that are long gone.
  for (const uint32_t tsn : {kChunks + 1, kChunks + 2, 0u, 0x8000'0000u - kFirstTsn}) s.Sack(1, {{2, 12}}, {tsn});
  EXPECT_FALSE(s.path.in_fast_recovery() && s.path.cwnd() < window);
}

TEST("chunks that are taken for lost, and for found again, cost bounded work, however often a peer says so") {
  Sending s;
  for (uint32_t round = 0; round < 2000; ++round, s.now += kInterval) {
    s.Sack(1, {{kChunks - round, kChunks}});  // What left before this one is lost,
    REQUIRE(round != 0 || s.outbound.NextRetransmissionBytes() != 0);
    if (s.outbound.NextRetransmissionBytes() != 0) s.outbound.WriteRetransmission(s.paths, s.path, s.now, s.chunk.data());
    s.Sack(1, {{kChunks - round, kChunks}}, {1 + round});  // and was not.
  }
  EXPECT_TRUE(s.Work() <= s.Allowed(2000));
}

// What a plain list makes of it: bytes in flight, and never a chunk sent again that is acknowledged.
TEST("whatever SACKs say, and whenever, the bytes in flight are those of chunks that are neither acknowledged nor lost") {
  for (const uint64_t seed : check::Seeds(60)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    OnePath one(1452);
    Outbound outbound(one.pool);
    outbound.Reset(kFirstTsn, 1 << 30);
    std::vector<uint8_t> chunk(64);
    TimeUs now = 1'000'000;
    uint32_t cumulative = 0, sent = 0;
    for (int step = 0; step < 400; ++step, now += random.Below(20 * kMillisecond)) {
      switch (random.Below(8)) {
        case 0:
        case 1:
          for (uint64_t i = random.Below(20); i > 0; --i, ++sent) {
            outbound.Push({.assoc_id = 3}, std::vector<uint8_t>(1, 'x'), now);
            outbound.WriteNew(1, true, now, one.path, chunk.data());
          }
          break;
        case 2:
          for (uint64_t i = random.Below(10); i > 0 && outbound.NextRetransmissionBytes() != 0; --i)
            outbound.WriteRetransmission(one.paths, one.path, now, chunk.data());
          break;
        case 3:
          outbound.OnTime(now, one.paths);
          break;
        case 4:
          if (!random.Chance(0.2)) break;
          one.path.traffic().regret.OnLoss(one.path.cwnd(), one.path.ssthresh(), outbound.next_tsn() - 1, true);
          one.path.OnTimeout();
          outbound.MarkAllLost(one.paths, one.path);
          EXPECT_EQ(one.path.flight_bytes, 0u);
          break;
        default: {
          const uint32_t acknowledged = cumulative + static_cast<uint32_t>(random.Below(std::min<uint32_t>(sent - cumulative, 10) + 1));
          std::vector<uint8_t> blocks(4), duplicates(4);
          const uint32_t first = 2 + static_cast<uint32_t>(random.Below(20));
          Store16(&blocks[0], first);
          Store16(&blocks[2], first + static_cast<uint32_t>(random.Below(20)));
          Store32(&duplicates[0], kFirstTsn + acknowledged + static_cast<uint32_t>(random.Below(20)) - 10);
          if (random.Chance(0.4)) blocks.clear();
          if (random.Chance(0.5)) duplicates.clear();
          // One that reports what was never sent changes nothing.
          if (outbound.OnSack({kFirstTsn + acknowledged - 1, 1 << 20, blocks, duplicates}, now, one.paths).valid) cumulative = acknowledged;
        }
      }
      REQUIRE(one.path.flight_bytes <= outbound.outstanding_chunks());
      REQUIRE(outbound.outstanding_chunks() == sent - cumulative);
    }
    outbound.OnSack({kFirstTsn + sent - 1, 1 << 20, {}}, now, one.paths);
    EXPECT_EQ(one.path.flight_bytes, 0u);
    EXPECT_EQ(outbound.NextRetransmissionBytes(), 0u);
    EXPECT_TRUE(outbound.empty());
  }
}

}  // namespace
}  // namespace mailport::sctp::test
