// The parts that find losses by time, probe, reduce the rate and undo, each by the numbers (RFC 8985, RFC 6937, RFC 3708).
#include "check.h"
#include "rack.h"
#include "rate_reduction.h"
#include "regret.h"
#include "tail_probe.h"

namespace mailport::sctp {
namespace {

constexpr TimeUs kMillisecond = 1000;
constexpr TimeUs kStart = 0xffff'f000;  // The times of chunks wrap on the way.

// A path whose round trip is 40 ms: chunk 10, sent at kStart, is acknowledged.
Rack Measured() {
  Rack rack;
  rack.OnAcknowledged(10, SentAt(kStart), false, kStart + 40 * kMillisecond);
  return rack;
}

TEST("a chunk is overtaken if one that left later, or in the same moment with a higher number, was acknowledged") {
  Rack rack;
  EXPECT_FALSE(rack.measured());
  EXPECT_FALSE(rack.IsOvertaken(1, SentAt(kStart - 1)));
  rack = Measured();
  EXPECT_TRUE(rack.measured());
  EXPECT_TRUE(rack.IsOvertaken(11, SentAt(kStart - 1)));
  EXPECT_TRUE(rack.IsOvertaken(9, SentAt(kStart)));
  EXPECT_FALSE(rack.IsOvertaken(10, SentAt(kStart)));
  EXPECT_FALSE(rack.IsOvertaken(11, SentAt(kStart)));
  EXPECT_FALSE(rack.IsOvertaken(1, SentAt(kStart + 1)));
  // An older chunk that is acknowledged later changes nothing, and one that left later does.
  rack.OnAcknowledged(5, SentAt(kStart - 1), false, kStart + 60 * kMillisecond);
  EXPECT_TRUE(rack.IsOvertaken(9, SentAt(kStart)));
  rack.OnAcknowledged(11, SentAt(kStart + 5'000), false, kStart + 50 * kMillisecond);
  EXPECT_TRUE(rack.IsOvertaken(12, SentAt(kStart + 4'999)));
}

TEST("an overtaken chunk is lost a round trip and a quarter of the shortest one after it left") {
  Rack rack = Measured();
  EXPECT_EQ(rack.Patience(SentAt(kStart), 40 * kMillisecond, kStart + 40 * kMillisecond), 10 * kMillisecond);
  EXPECT_EQ(rack.Patience(SentAt(kStart), 40 * kMillisecond, kStart + 50 * kMillisecond - 1), 1u);
  EXPECT_EQ(rack.Patience(SentAt(kStart), 40 * kMillisecond, kStart + 50 * kMillisecond), 0u);
  // The round trip of the chunk that overtook it counts, and the shortest one for the window.
  rack.OnAcknowledged(12, SentAt(kStart + 1), false, kStart + 1 + 100 * kMillisecond);
  EXPECT_EQ(rack.Patience(SentAt(kStart), 40 * kMillisecond, kStart), 110 * kMillisecond);
}

TEST("each duplicate widens the window by a quarter, one for each round trip, up to SRTT, and for 16 recoveries") {
  Rack rack = Measured();
  const auto window = [&](TimeUs srtt) { return rack.Patience(SentAt(kStart), srtt, kStart) - 40 * kMillisecond; };
  EXPECT_EQ(window(100 * kMillisecond), 10 * kMillisecond);
  rack.OnDuplicate(20);
  rack.OnDuplicate(20);
  EXPECT_EQ(window(100 * kMillisecond), 20 * kMillisecond);
  rack.OnAcknowledged(20, SentAt(kStart + 1), false, kStart + 1 + 40 * kMillisecond);
  rack.OnDuplicate(30);
  EXPECT_EQ(window(100 * kMillisecond), 30 * kMillisecond);
  EXPECT_EQ(window(25 * kMillisecond), 25 * kMillisecond);
  for (int i = 0; i < 15; ++i) rack.OnRecovered();
  EXPECT_EQ(window(100 * kMillisecond), 30 * kMillisecond);
  rack.OnRecovered();
  EXPECT_EQ(window(100 * kMillisecond), 10 * kMillisecond);
}

TEST("a retransmission that is acknowledged sooner than any answer can come tells nothing, and measures nothing") {
  Rack rack = Measured();
  const TimeUs later = kStart + 100 * kMillisecond;
  rack.OnAcknowledged(8, SentAt(later), true, later + 40 * kMillisecond - 1);
  EXPECT_FALSE(rack.IsOvertaken(1, SentAt(later - 1)));
  rack.OnAcknowledged(8, SentAt(later), true, later + 40 * kMillisecond);
  EXPECT_TRUE(rack.IsOvertaken(1, SentAt(later - 1)));
  EXPECT_EQ(rack.shortest_round_trip(), 40 * kMillisecond);
}

TEST("a clock that shows no time between sending and acknowledgement measures no round trip") {
  Rack rack;
  rack.OnAcknowledged(1, SentAt(kStart), false, kStart);
  EXPECT_FALSE(rack.measured());
  EXPECT_FALSE(rack.IsOvertaken(0, SentAt(kStart - 1)));
}

TEST("the shortest round trip is forgotten after a minute or two") {
  Rack rack = Measured();
  TimeUs now = kStart + 40 * kMillisecond;
  for (int second = 0; second < 59; ++second) {
    now += 1000 * kMillisecond;
    rack.OnAcknowledged(11, SentAt(now - 70 * kMillisecond), false, now);
  }
  EXPECT_EQ(rack.shortest_round_trip(), 40 * kMillisecond);
  for (int second = 0; second < 65; ++second) {
    now += 1000 * kMillisecond;
    rack.OnAcknowledged(11, SentAt(now - 70 * kMillisecond), false, now);
  }
  EXPECT_EQ(rack.shortest_round_trip(), 70 * kMillisecond);
}

TEST("a probe is due after two round trips, and after 10 ms at least") {
  TailProbe probe;
  probe.OnSent(kStart);
  EXPECT_EQ(probe.DueAt(0), kNever);  // Nothing is measured.
  EXPECT_EQ(probe.DueAt(50'000), kStart + 100'000);
  EXPECT_EQ(probe.DueAt(1'000), kStart + 10'000);
}

TEST("three probes leave, each after twice the time, until something is acknowledged; after T3 none does") {
  TailProbe probe;
  probe.OnSent(kStart);
  TimeUs now = kStart;
  for (const TimeUs wait : {100'000, 200'000, 400'000}) {
    EXPECT_EQ(probe.DueAt(50'000), now + wait);
    now += wait;
    probe.OnDue(now);
  }
  EXPECT_EQ(probe.DueAt(50'000), kNever);
  probe.OnAcknowledged(true, now);
  EXPECT_EQ(probe.DueAt(50'000), now + 100'000);
  probe.OnTimeout();
  EXPECT_EQ(probe.DueAt(50'000), kNever);
  probe.OnAcknowledged(false, now);
  EXPECT_EQ(probe.DueAt(50'000), now + 100'000);
}

void ProbeInVain(TailProbe& probe) {
  probe.OnDue(kStart);
  probe.OnProbe(5, 7, kStart);
  EXPECT_TRUE(probe.OnDuplicate(6));
  probe.OnAcknowledged(true, kStart);
}

TEST("where three probes within a few flights were in vain, the delay of the peer's SACKs is waited for") {
  TailProbe probe;
  for (int i = 0; i < 2; ++i) ProbeInVain(probe);
  EXPECT_EQ(probe.DueAt(50'000), kStart + 100'000);
  ProbeInVain(probe);
  EXPECT_EQ(probe.DueAt(50'000), kStart + 300'000);
  for (int i = 0; i < 7; ++i) probe.OnAcknowledged(true, kStart);
  EXPECT_EQ(probe.DueAt(50'000), kStart + 300'000);
  probe.OnAcknowledged(true, kStart);
  EXPECT_EQ(probe.DueAt(50'000), kStart + 100'000);
  // One in twelve, as where SACKs get lost, changes nothing.
  for (int round = 0; round < 50; ++round) {
    ProbeInVain(probe);
    for (int i = 0; i < 11; ++i) probe.OnAcknowledged(true, kStart);
    EXPECT_EQ(probe.DueAt(50'000), kStart + 100'000);
  }
}

TEST("the answer to a probe tells of a loss if it takes a round trip, and if no duplicate is reported") {
  TailProbe probe;
  EXPECT_FALSE(probe.Carries(0));
  probe.OnProbe(5, 7, kStart);
  EXPECT_TRUE(probe.Carries(5) && probe.Carries(6));
  EXPECT_FALSE(probe.Carries(4) || probe.Carries(7));
  EXPECT_TRUE(probe.EndsInRepair(40'000, kStart + 40'000));
  EXPECT_FALSE(probe.EndsInRepair(40'000, kStart + 40'000));  // Once.
  probe.OnProbe(5, 7, kStart);
  EXPECT_FALSE(probe.EndsInRepair(40'000, kStart + 39'999));
  EXPECT_TRUE(probe.OnDuplicate(5));  // A report that comes after the answer.
  EXPECT_FALSE(probe.OnDuplicate(5));
  probe.OnProbe(5, 7, kStart);
  EXPECT_FALSE(probe.OnDuplicate(7));
  EXPECT_TRUE(probe.OnDuplicate(6));
  EXPECT_FALSE(probe.EndsInRepair(40'000, kStart + 40'000));
}

// RFC 6937 section 3.
TEST("while more than the target is on its way, sent to delivered is as target to flight") {
  RateReduction reduction;
  reduction.Begin(20'000, 10'000);
  EXPECT_EQ(reduction.allowance(), 0u);
  size_t flight = 19'000, sent = 0;
  while (flight > 10'000) {
    flight -= 1000;
    reduction.OnDelivered(1000, flight, 1000, false);
    const size_t allowed = reduction.allowance();
    if (allowed < 1000) continue;
    reduction.OnSent(1000);
    flight += 1000;
    sent += 1000;
  }
  EXPECT_EQ(sent, 7'000u);  // For 15 that arrive. The 16th brings the flight to the target.
}

TEST("below the target as much may leave as arrives, and a packet more with each acknowledgement that shows no further loss") {
  RateReduction reduction;
  reduction.Begin(20'000, 10'000);
  reduction.OnDelivered(2'000, 5'000, 1'000, false);
  EXPECT_EQ(reduction.allowance(), 2'000u);
  reduction.OnSent(2'000);
  EXPECT_EQ(reduction.allowance(), 0u);
  reduction.OnDelivered(1'000, 6'000, 1'000, true);
  EXPECT_EQ(reduction.allowance(), 2'000u);
  reduction.OnDelivered(1'000, 9'500, 1'000, true);
  EXPECT_EQ(reduction.allowance(), 500u);  // Not beyond the target.
  reduction.OnSent(1'500);
  EXPECT_EQ(reduction.allowance(), 0u);
}

using enum Regret::Duplicate;

TEST("a loss is regretted when all that was sent again is reported as duplicate, and not before") {
  Regret regret;
  EXPECT_TRUE(regret.OnDuplicate(5) == kNone);
  regret.OnLoss(8'000, 9'000, 10, false);
  EXPECT_TRUE(regret.OnDuplicate(5) == kNone);  // Nothing was sent again.
  for (const uint32_t tsn : {5, 6, 11}) regret.OnSentAgain(tsn);  // 11 has nothing to do with it.
  EXPECT_TRUE(regret.OnDuplicate(11) == kNone);
  EXPECT_TRUE(regret.OnDuplicate(5) == kOne);
  EXPECT_TRUE(regret.OnDuplicate(6) == kLast);
  EXPECT_TRUE(regret.OnDuplicate(6) == kNone);
  EXPECT_EQ(regret.cwnd(), 8'000u);
  EXPECT_EQ(regret.ssthresh(), 9'000u);
}

TEST("timeouts before a recovery is over add to it, and later ones begin anew") {
  Regret regret;
  regret.OnLoss(8'000, 9'000, 10, false);
  EXPECT_FALSE(regret.doubts_timeout());
  regret.OnSentAgain(5);
  regret.OnLoss(4'000, 4'000, 12, true);
  EXPECT_TRUE(regret.doubts_timeout());
  EXPECT_EQ(regret.cwnd(), 8'000u);
  regret.OnSentAgain(12);
  EXPECT_TRUE(regret.OnDuplicate(5) == kOne);
  EXPECT_TRUE(regret.OnDuplicate(12) == kLast);
  regret.OnCumulative(12);
  EXPECT_FALSE(regret.doubts_timeout());
  regret.OnLoss(4'000, 4'000, 20, true);
  EXPECT_EQ(regret.cwnd(), 4'000u);
  regret.OnLoss(2'000, 2'000, 20, false);
  EXPECT_EQ(regret.cwnd(), 2'000u);
  regret.Close();
  regret.OnSentAgain(15);
  EXPECT_TRUE(regret.OnDuplicate(15) == kNone);
}

}  // namespace
}  // namespace mailport::sctp
