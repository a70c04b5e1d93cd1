// The numbers of a path at their edges: bounds that are met exactly, one step to either side, and what each event leaves alone.
#include "check.h"
#include "path.h"

namespace mailport::sctp {
namespace {

constexpr size_t kPacket = 1000;
constexpr TimeUs kMillisecond = 1000;

Path PathOf(RtoInfo rto = {}) { return Path(PacketRoute{}, kPacket, rto); }

RtoInfo Rto(uint32_t initial, uint32_t max, uint32_t min) {
  RtoInfo rto;
  rto.initial_ms = initial, rto.max_ms = max, rto.min_ms = min;
  return rto;
}

// A path in congestion avoidance, with a window of 8,000 bytes.
Path Avoiding() {
  Path path = PathOf();
  for (int i = 0; i < 6; ++i) path.OnAcknowledged(2 * kPacket, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 16'000u);
  path.OnLoss(100);
  path.OnCumulative(100);
  EXPECT_EQ(path.cwnd(), 8'000u);
  path.OnAcknowledged(1, true, true, false, 0);  // Up to the threshold it is slow start.
  EXPECT_EQ(path.cwnd(), 8'001u);
  return path;
}

// SRTT and RTTVAR to the microsecond (section 6.3.1).
TEST("round trips: the first sets, the others move by an eighth and a quarter, up or down") {
  Path path = PathOf(Rto(3000, 60000, 1));
  path.OnRttSample(800);
  EXPECT_EQ(path.srtt(), 800u);
  EXPECT_EQ(path.rto(), 2'400u);
  path.OnRttSample(1600);
  EXPECT_EQ(path.srtt(), 900u);
  EXPECT_EQ(path.rto(), 900u + 4 * 500);
  path.OnRttSample(100);  // 900 - 100 away.
  EXPECT_EQ(path.srtt(), 800u);
  EXPECT_EQ(path.rto(), 800u + 4 * 575);
  path.OnRttSample(800);
  EXPECT_EQ(path.srtt(), 800u);
  EXPECT_EQ(path.rto(), 800u + 4 * 431);
  Path still = PathOf(Rto(3000, 60000, 1));
  still.OnRttSample(0);  // No clock is that good; a measured round trip is never 0.
  EXPECT_EQ(still.srtt(), 1u);
  EXPECT_EQ(still.rto(), 1000u);
}

TEST("the timeout keeps to its bounds, a lower one above the upper one as well, and the largest is remembered") {
  Path path = PathOf(Rto(500, 2000, 400));
  EXPECT_EQ(path.rto(), 500 * kMillisecond);
  EXPECT_EQ(path.largest_rto(), 500 * kMillisecond);
  path.OnRttSample(10);
  EXPECT_EQ(path.rto(), 400 * kMillisecond);
  EXPECT_EQ(path.largest_rto(), 500 * kMillisecond);
  path.BackOff();
  EXPECT_EQ(path.rto(), 800 * kMillisecond);
  path.BackOff();
  EXPECT_EQ(path.largest_rto(), 1600 * kMillisecond);
  path.BackOff();
  EXPECT_EQ(path.rto(), 2000 * kMillisecond);
  path.BackOff();
  EXPECT_EQ(path.rto(), 2000 * kMillisecond);
  path.OnRttSample(5'000'000);
  EXPECT_EQ(path.rto(), 2000 * kMillisecond);
  path.SetRtoInfo(Rto(500, 300, 400));
  EXPECT_EQ(path.rto(), 400 * kMillisecond);
  path.OnRttSample(5'000'000);
  EXPECT_EQ(path.rto(), 400 * kMillisecond);
  path.BackOff();
  EXPECT_EQ(path.rto(), 400 * kMillisecond);
  EXPECT_EQ(path.largest_rto(), 2000 * kMillisecond);
}

TEST("a new initial timeout counts while nothing was measured, and only if it is new") {
  Path path = PathOf(Rto(500, 9000, 100));
  path.BackOff();
  path.SetRtoInfo(Rto(500, 8000, 100));
  EXPECT_EQ(path.rto(), 1000 * kMillisecond);
  path.SetRtoInfo(Rto(600, 8000, 100));
  EXPECT_EQ(path.rto(), 600 * kMillisecond);
  path.OnRttSample(100'000);
  EXPECT_EQ(path.rto(), 300 * kMillisecond);
  path.SetRtoInfo(Rto(700, 8000, 100));
  EXPECT_EQ(path.rto(), 300 * kMillisecond);
}

// Section 7.2.1 and RFC 3465.
TEST("slow start: what was acknowledged, two packets at most, up to and at the threshold, and only for what moved the cumulative TSN") {
  Path path = PathOf();
  EXPECT_EQ(path.cwnd(), 4'000u);
  path.OnAcknowledged(0, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 4'000u);
  path.OnAcknowledged(2 * kPacket - 1, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 5'999u);
  path.OnAcknowledged(2 * kPacket + 1, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 7'999u);
  path.OnAcknowledged(500, false, true, false, 0);
  path.OnAcknowledged(500, true, false, false, 0);
  EXPECT_EQ(path.cwnd(), 7'999u);
  path.OnTimeout();
  EXPECT_EQ(path.cwnd(), kPacket);
  for (int i = 0; i < 3; ++i) path.OnAcknowledged(kPacket, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 4'000u);  // The threshold: half of the former window, and no less than four packets.
  path.OnAcknowledged(kPacket, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 5'000u);
  path.OnAcknowledged(kPacket, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 5'000u);  // Beyond the threshold, one packet for a window's worth.
}

// Section 7.2.2.
TEST("congestion avoidance: bytes are saved up, kept at a window while it is not used up, and forgotten when all is acknowledged") {
  Path path = Avoiding();
  path.OnAcknowledged(8'000, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 8'001u);
  path.OnAcknowledged(1, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 9'001u);
  path.OnAcknowledged(9'000, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 9'001u);
  path.OnAcknowledged(5'000, true, false, false, 0);  // The window is not used up: bytes beyond a window's worth are not saved.
  EXPECT_EQ(path.cwnd(), 9'001u);
  path.OnAcknowledged(1, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 10'001u);
  path.OnAcknowledged(9'999, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 10'001u);
  path.OnAcknowledged(0, false, false, true, 0);
  path.OnAcknowledged(10'000, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 10'001u);
  Path other = Avoiding();
  other.OnAcknowledged(8'000, true, true, false, 0);
  other.OnLoss(300);
  other.OnCumulative(300);
  EXPECT_EQ(other.cwnd(), 4'000u);
  other.OnAcknowledged(1, true, true, false, 0);
  other.OnAcknowledged(4'000, true, true, false, 0);
  EXPECT_EQ(other.cwnd(), 4'001u);  // Bytes saved up before the loss are gone.
}

// Saved bytes would be counted to the window's growth once slow start is over.
TEST("a timeout forgets what was saved up") {
  Path path = Avoiding();
  path.OnAcknowledged(8'000, true, true, false, 0);
  path.OnTimeout();
  EXPECT_EQ(path.cwnd(), kPacket);
  while (path.cwnd() <= 4 * kPacket) path.OnAcknowledged(kPacket, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 5 * kPacket);
  path.OnAcknowledged(4'999, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 5 * kPacket);
  path.OnAcknowledged(1, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 6 * kPacket);
}

// Section 7.2.4.
TEST("recovery ends with the TSN that was the last when it began, and a timeout ends it at once; within it nothing grows") {
  Path path = Avoiding();
  path.OnLoss(0xfffffffe);
  EXPECT_TRUE(path.in_fast_recovery());
  path.OnAcknowledged(100'000, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 4'000u);
  path.OnCumulative(0xfffffffd);
  EXPECT_TRUE(path.in_fast_recovery());
  path.OnCumulative(3);  // Beyond the point of recovery, over the end of the numbers.
  EXPECT_FALSE(path.in_fast_recovery());
  path.OnLoss(9);
  path.OnTimeout();
  EXPECT_FALSE(path.in_fast_recovery());
  path.OnLoss(11);
  EXPECT_EQ(path.cwnd(), 4'000u);
}

TEST("a timeout forgets what is being timed; idleness halves, but not below the first window or what there is") {
  Path path = PathOf();
  EXPECT_FALSE(path.timing());
  path.TimeTsn(7, 1234);
  EXPECT_TRUE(path.timing());
  EXPECT_EQ(path.timed_tsn(), 7u);
  EXPECT_EQ(path.timed_at(), 1234u);
  path.OnTimeout();
  EXPECT_FALSE(path.timing());
  path.TimeTsn(8, 1);
  path.Untime();
  EXPECT_FALSE(path.timing());
  EXPECT_EQ(path.cwnd(), kPacket);
  path.OnIdle();
  EXPECT_EQ(path.cwnd(), kPacket);
  Path wide = PathOf();
  for (int i = 0; i < 3; ++i) wide.OnAcknowledged(2 * kPacket, true, true, false, 0);
  EXPECT_EQ(wide.cwnd(), 10'000u);
  wide.OnIdle();
  EXPECT_EQ(wide.cwnd(), 5'000u);
  wide.OnIdle();
  EXPECT_EQ(wide.cwnd(), 4'000u);
}

TEST("a window does not grow beyond 64 MiB, by either rule") {
  Path path = PathOf();
  for (int i = 0; i < 40'000; ++i) path.OnAcknowledged(2 * kPacket, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), size_t{64} << 20);
  Path other = PathOf();
  for (int i = 0; i < 40'000; ++i) other.OnAcknowledged(2 * kPacket, true, true, false, 0);
  other.OnLoss(1);
  other.OnCumulative(1);
  for (int i = 0; i < 60'000; ++i) other.OnAcknowledged(other.cwnd(), true, true, false, 0);
  EXPECT_EQ(other.cwnd(), size_t{64} << 20);
}

TEST("a burst is bounded beside what is on its way, by the window and by 64 KiB or four packets") {
  Path path = PathOf();
  EXPECT_EQ(path.BurstWindow(), 4'000u);
  for (int i = 0; i < 100; ++i) path.OnAcknowledged(2 * kPacket, true, true, false, 0);
  EXPECT_EQ(path.BurstWindow(), 65'536u);
  path.flight_bytes = 100'000;
  EXPECT_EQ(path.BurstWindow(), 165'536u);
  path.flight_bytes = 150'000;
  EXPECT_EQ(path.BurstWindow(), path.cwnd());
  Path jumbo(PacketRoute{}, 20'000, RtoInfo{});
  for (int i = 0; i < 100; ++i) jumbo.OnAcknowledged(40'000, true, true, false, 0);
  EXPECT_EQ(jumbo.BurstWindow(), 80'000u);
}

}  // namespace
}  // namespace mailport::sctp
