// The congestion window and the retransmission timeout of a path, by the numbers (RFC 9260 sections 6.3 and 7.2).
#include "path.h"

#include "check.h"

namespace mailport::sctp {
namespace {

constexpr size_t kPacket = 1452;
constexpr TimeUs kMillisecond = 1000;
constexpr TimeUs kSecond = 1000 * kMillisecond;

Path PathOf(size_t packet_bytes = kPacket) { return Path(PacketRoute{}, packet_bytes, RtoInfo{}); }

// Section 7.2.1.
TEST("the first window is 4404 bytes, at least two packets and at most four") {
  EXPECT_EQ(PathOf().cwnd(), 4404u);
  EXPECT_EQ(PathOf(800).cwnd(), 3200u);
  EXPECT_EQ(PathOf(65504).cwnd(), 2u * 65504);
}

// The packet size of a path is often learnt, or set, after the association was made (section 7.2.1).
TEST("the first window follows the packets' size until something was acknowledged or lost") {
  for (int ended_by = 0; ended_by < 4; ended_by++) {
    Path path = PathOf(65504);
    path.SetMaxPacketBytes(kPacket);
    EXPECT_EQ(path.cwnd(), 4404u);
    path.SetMaxPacketBytes(9000);
    EXPECT_EQ(path.cwnd(), 18'000u);
    path.SetMaxPacketBytes(kPacket);
    EXPECT_EQ(path.cwnd(), 4404u);
    if (ended_by == 0) continue;
    if (ended_by == 1) path.OnAcknowledged(1000, true, true, false, 0);
    if (ended_by == 2) path.OnLoss(1);
    if (ended_by == 3) path.OnTimeout();
    const size_t window = path.cwnd();
    path.SetMaxPacketBytes(800);
    EXPECT_EQ(path.cwnd(), window);
    path.SetMaxPacketBytes(9000);
    EXPECT_EQ(path.cwnd(), 9000u);  // One packet must fit.
  }
}

// The window grows by the acknowledged bytes, at most L packets, and only if it was used up and the cumulative point moved (section 7.2.1).
TEST("slow start grows the window by what is acknowledged, if it was used up") {
  Path path = PathOf();
  path.OnAcknowledged(1000, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 4404u + 1000);
  path.OnAcknowledged(10 * kPacket, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), 4404u + 1000 + 2 * kPacket);
  const size_t before = path.cwnd();
  path.OnAcknowledged(1000, true, false, false, 0);
  path.OnAcknowledged(1000, false, true, false, 0);
  EXPECT_EQ(path.cwnd(), before);
}

// Sections 7.2.3 and 7.2.4.
TEST("a loss halves the window, to no less than four packets, once until recovery is over") {
  Path path = PathOf();
  for (int i = 0; i < 20; i++) path.OnAcknowledged(2 * kPacket, true, true, false, 0);
  const size_t before = path.cwnd();
  path.OnLoss(100);
  EXPECT_EQ(path.cwnd(), before / 2);
  path.OnLoss(200);
  EXPECT_EQ(path.cwnd(), before / 2);
  path.OnAcknowledged(2 * kPacket, true, true, false, 0);  // Not in fast recovery.
  EXPECT_EQ(path.cwnd(), before / 2);
  path.OnCumulative(99);
  EXPECT_TRUE(path.in_fast_recovery());
  path.OnCumulative(100);
  EXPECT_FALSE(path.in_fast_recovery());
  Path small = PathOf();
  small.OnLoss(1);
  EXPECT_EQ(small.cwnd(), 4 * kPacket);
}

// Section 7.2.2.
TEST("congestion avoidance grows the window by a packet for a window's worth of acknowledgements") {
  Path path = PathOf();
  for (int i = 0; i < 20; i++) path.OnAcknowledged(2 * kPacket, true, true, false, 0);
  path.OnLoss(100);
  path.OnCumulative(100);
  path.OnAcknowledged(1, true, true, false, 0);  // The window is at the threshold: the last step of slow start.
  const size_t before = path.cwnd();
  size_t acked = 0;
  for (; acked + kPacket < before; acked += kPacket) path.OnAcknowledged(kPacket, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), before);
  path.OnAcknowledged(kPacket, true, true, false, 0);
  EXPECT_EQ(path.cwnd(), before + kPacket);
}

TEST("a timeout leaves a window of one packet and doubles the timeout, up to its maximum") {
  Path path = PathOf();
  for (int i = 0; i < 20; i++) path.OnAcknowledged(2 * kPacket, true, true, false, 0);
  path.OnTimeout();
  EXPECT_EQ(path.cwnd(), kPacket);
  EXPECT_EQ(path.rto(), 6 * kSecond);
  for (int i = 0; i < 10; i++) path.OnTimeout();
  EXPECT_EQ(path.rto(), 60 * kSecond);
}

// Section 7.2.1.
TEST("an idle path's window falls by half, not below the first one") {
  Path path = PathOf();
  for (int i = 0; i < 20; i++) path.OnAcknowledged(2 * kPacket, true, true, false, 0);
  const size_t before = path.cwnd();
  path.OnIdle();
  EXPECT_EQ(path.cwnd(), before / 2);
  for (int i = 0; i < 20; i++) path.OnIdle();
  EXPECT_EQ(path.cwnd(), 4404u);
}

// Section 6.3.1, C2 and C3.
TEST("the timeout follows the round trips, between its bounds") {
  Path path = PathOf();
  EXPECT_EQ(path.rto(), 3 * kSecond);
  path.OnRttSample(800 * kMillisecond);
  EXPECT_EQ(path.srtt(), 800 * kMillisecond);
  EXPECT_EQ(path.rto(), 2400 * kMillisecond);
  path.OnRttSample(1600 * kMillisecond);  // Variation 3/4 * 400 + 1/4 * 800, mean 7/8 * 800 + 1/8 * 1600.
  EXPECT_EQ(path.srtt(), 900 * kMillisecond);
  EXPECT_EQ(path.rto(), 2900 * kMillisecond);
  for (int i = 0; i < 100; i++) path.OnRttSample(kMillisecond);
  EXPECT_EQ(path.rto(), kSecond);
}

// Section 6.1 D.
TEST("a burst is four packets or 64 KiB, whatever the window allows") {
  Path path = PathOf();
  for (int i = 0; i < 200; i++) path.OnAcknowledged(2 * kPacket, true, true, false, 0);
  EXPECT_TRUE(path.cwnd() > 200'000);
  EXPECT_EQ(path.BurstWindow(), 65536u);
  path.flight_bytes = 1000;
  EXPECT_EQ(path.BurstWindow(), 66536u);
}

// --- A path that rests

// Sends a packet's payload, and has it acknowledged after a round trip.
void Exchange(Path& path, TimeUs now, TimeUs round_trip) {
  path.OnSent(kPacket, now);
  path.BeginAcknowledgement();
  path.OnChunkAcknowledged(1, SentAt(now), false, now + round_trip);
  path.flight_bytes = 0;
  path.traffic().acked_bytes = kPacket;
  path.EndAcknowledgement(1, true, true, 1, now + round_trip);
}

TEST("a path that rests needs no traffic, and goes on with its window and the shortest round trip") {
  Path path = PathOf();
  EXPECT_FALSE(path.has_traffic());
  Exchange(path, kSecond, 40 * kMillisecond);
  path.OnRttSample(40 * kMillisecond);
  const size_t window = path.cwnd();
  path.flight_bytes = 1;
  path.Trim();
  EXPECT_TRUE(path.has_traffic());  // Something is on its way.
  path.flight_bytes = 0;
  path.Trim();
  EXPECT_FALSE(path.has_traffic());
  const Path& resting = path;
  EXPECT_FALSE(resting.traffic().rack.measured() || resting.in_fast_recovery() || resting.timing());
  EXPECT_EQ(path.cwnd(), window);
  path.OnSent(kPacket, 2 * kSecond);
  EXPECT_EQ(path.traffic().rack.shortest_round_trip(), 40 * kMillisecond);
  EXPECT_TRUE(path.traffic().pacer.is_on());
}

TEST("a path that has learnt something of losses keeps it while it rests") {
  const auto keeps = [](auto learn) {
    Path path = PathOf();
    Exchange(path, kSecond, 40 * kMillisecond);
    learn(path);
    path.Trim();
    return path.has_traffic();
  };
  EXPECT_FALSE(keeps([](Path&) {}));
  EXPECT_TRUE(keeps([](Path& path) { path.OnLoss(5); }));                    // Until the recovery is over.
  EXPECT_TRUE(keeps([](Path& path) { path.traffic().rack.OnDuplicate(5); }));  // Packets overtake each other.
  EXPECT_TRUE(keeps([](Path& path) {
    path.traffic().probe.OnProbe(1, 2, kSecond);
    path.traffic().probe.OnDuplicate(1);  // A probe was in vain.
  }));
  EXPECT_TRUE(keeps([](Path& path) {
    path.options.Edit().congestion = CongestionControl::kCubic;
    path.OnSent(1, kSecond);
    path.flight_bytes = 0;
  }));
}

// Section 7.2.1, D18.
TEST("the window of a path that rests falls by a pause like that of another one") {
  Path resting = PathOf(), other = PathOf();
  for (Path* path : {&resting, &other})
    for (int i = 0; i < 20; i++) path->OnAcknowledged(2 * kPacket, true, true, false, 0);
  resting.Trim();
  for (Path* path : {&resting, &other}) path->OnIdle();
  EXPECT_FALSE(resting.has_traffic());
  EXPECT_TRUE(resting.cwnd() < 4404u + 20 * 2 * kPacket);
  EXPECT_EQ(resting.cwnd(), other.cwnd());
}

}  // namespace
}  // namespace mailport::sctp
