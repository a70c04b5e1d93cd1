// CUBIC (RFC 9438): how the window grows after a loss, what a loss leaves, and what that is worth on a long line.
#include <cmath>

#include "check.h"
#include "path.h"
#include "slow_line.h"

namespace mailport::sctp {
namespace {

constexpr size_t kPacket = 1000;
constexpr TimeUs kMs = 1000;
constexpr TimeUs kSec = 1'000'000;

// A path whose window is used up, packet by packet, as time goes by.
struct Flow {
  explicit Flow(TimeUs the_rtt, CongestionControl control = CongestionControl::kCubic) : rtt(the_rtt), path(PacketRoute{}, kPacket, RtoInfo{}) {
    path.options.Edit().congestion = control;
    path.OnRttSample(rtt);
  }
  double packets() const { return static_cast<double>(path.cwnd()) / kPacket; }
  void GrowTo(size_t packets) {
    while (path.cwnd() < packets * kPacket) Acknowledge(true);
  }
  void Lose() {
    path.OnLoss(1);
    path.OnCumulative(1);
  }
  // The acknowledgement of one packet.
  void Acknowledge(bool full) {
    now += std::max<TimeUs>(rtt * kPacket / path.cwnd(), 1);
    path.OnAcknowledged(kPacket, true, full, false, now);
  }
  void RunUntil(TimeUs end, bool full = true) {
    while (now < end) Acknowledge(full);
  }

  TimeUs rtt;
  Path path;
  TimeUs now = kSec;
};

bool IsNear(double value, double wanted, double by) { return std::abs(value - wanted) <= by; }

}  // namespace

TEST("RFC 9438 §4.2, §4.6: 0.7 of the window is left, and it comes back to its size by a cubic of the time, and goes beyond") {
  Flow flow(100 * kMs);
  flow.GrowTo(200);
  const double before = flow.packets();
  flow.Lose();
  EXPECT_TRUE(IsNear(flow.packets(), 0.7 * before, 0.1));
  EXPECT_EQ(flow.path.ssthresh(), flow.path.cwnd());
  flow.Acknowledge(true);  // At the threshold it is slow start still.
  const double k = std::cbrt((before - flow.packets()) / 0.4);
  const TimeUs start = flow.now;
  for (const double share : {0.5, 1.0, 1.5, 2.0}) {
    const double t = share * k;
    flow.RunUntil(start + static_cast<TimeUs>(t * 1e6));
    check::Note(std::to_string(share) + " of K");
    // What is aimed at is the window of a round trip later (§4.2).
    EXPECT_TRUE(IsNear(flow.packets(), 0.4 * std::pow(t + 0.05 - k, 3) + before, 3));
  }
}

TEST("§4.3: where a Reno sender would be faster it grows as that does") {
  Flow flow(10 * kMs);
  flow.GrowTo(20);
  flow.Lose();
  flow.Acknowledge(true);
  const double after = flow.packets();
  flow.RunUntil(flow.now + 100 * kMs);
  EXPECT_TRUE(IsNear(flow.packets(), after + 10 * 0.529, 0.7));
}

TEST("§4.7: a loss below the last size makes room: the window slows down below the size at which it came") {
  Flow flow(100 * kMs);
  flow.GrowTo(200);
  flow.Lose();
  flow.Acknowledge(true);
  const double lower = flow.packets();
  flow.Lose();
  flow.Acknowledge(true);
  const double size = lower * 0.85, k = std::cbrt((size - flow.packets()) / 0.4);
  flow.RunUntil(flow.now + static_cast<TimeUs>(k * 1e6));
  EXPECT_TRUE(IsNear(flow.packets(), size, 1.5));
}

TEST("§4.8: after a timeout one packet is left, and 0.7 of the window is where slow start ends; from there the time counts anew") {
  Flow flow(100 * kMs);
  flow.GrowTo(100);
  const double before = flow.packets();
  flow.path.OnTimeout();
  EXPECT_EQ(flow.path.cwnd(), kPacket);
  EXPECT_TRUE(IsNear(static_cast<double>(flow.path.ssthresh()) / kPacket, 0.7 * before, 0.1));
  while (flow.path.cwnd() <= flow.path.ssthresh()) flow.Acknowledge(true);
  flow.Acknowledge(true);
  const double from = flow.packets();
  flow.RunUntil(flow.now + 2 * kSec);
  // A Reno sender would have 0.53 a round trip more: it is the faster one here, and K would have been 4 s.
  EXPECT_TRUE(IsNear(flow.packets(), from + 20 * 0.529, 1.5));
}

TEST("§5.8: time in which the window was not used up does not count, and the window stays") {
  Flow idle(100 * kMs), busy(100 * kMs);
  for (Flow* flow : {&idle, &busy}) {
    flow->GrowTo(100);
    flow->Lose();
    flow->Acknowledge(true);
  }
  const size_t before = idle.path.cwnd();
  idle.RunUntil(idle.now + 60 * kSec, false);
  EXPECT_EQ(idle.path.cwnd(), before);
  idle.RunUntil(idle.now + kSec);
  busy.RunUntil(busy.now + kSec);
  EXPECT_TRUE(IsNear(idle.packets(), busy.packets(), 0.5));
}

TEST("§4.9: a loss that was none leaves no trace") {
  Flow undone(100 * kMs), spared(100 * kMs);
  for (Flow* flow : {&undone, &spared}) {
    flow->GrowTo(100);
    flow->Lose();
    flow->Acknowledge(true);
    flow->RunUntil(flow->now + 2 * kSec);
  }
  const size_t before = undone.path.cwnd();
  undone.path.OnLoss(2);
  EXPECT_TRUE(undone.path.cwnd() < before);
  undone.path.UndoLoss(undone.now);
  EXPECT_EQ(undone.path.cwnd(), before);
  undone.RunUntil(undone.now + kSec);
  spared.RunUntil(spared.now + kSec);
  EXPECT_TRUE(IsNear(undone.packets(), spared.packets(), 0.5));
}

TEST("a control that is chosen on the way begins with the window that is there, and neither falls below four packets") {
  Flow flow(100 * kMs, CongestionControl::kRfc9260);
  flow.GrowTo(50);
  flow.Lose();
  const size_t before = flow.path.cwnd();
  flow.path.options.Edit().congestion = CongestionControl::kCubic;
  flow.Acknowledge(true);
  EXPECT_TRUE(flow.path.cwnd() >= before && flow.path.cwnd() <= before + kPacket);
  for (int i = 0; i < 30; ++i) flow.Lose();
  EXPECT_EQ(flow.path.cwnd(), 4 * kPacket);
  flow.path.options.Edit().congestion = CongestionControl::kRfc9260;
  flow.Lose();
  EXPECT_EQ(flow.path.cwnd(), 4 * kPacket);
}

namespace test {

// Packets that arrive in a minute over a line of 100 ms that loses one in 10,000.
uint64_t PacketsInAMinute(CongestionControl control) {
  SlowLine line;
  LinkParams link = line.pair.net.link;
  link.delay = 50 * kMillisecond;
  link.bytes_per_second = 12'500'000;  // So that acknowledgements come one after the other, as on a line.
  line.pair.net.UseLink(line.pair.client, line.pair.server, link);
  line.pair.net.UseLink(line.pair.server, line.pair.client, link);
  line.pair.client.Set(line.pair.client_socket, Option::kCongestionControl, line.pair.client_assoc, {static_cast<uint32_t>(control)});
  EXPECT_EQ(line.pair.client.Get(line.pair.client_socket, Option::kCongestionControl, line.pair.client_assoc),
            std::vector<uint32_t>{static_cast<uint32_t>(control)});
  line.pair.client.Set(line.pair.client_socket, Option::kSndbuf, 0, {4'000'000});
  line.pair.server.Set(line.pair.server_socket, Option::kRecbuf, 0, {4'000'000});
  uint64_t packets = 0, arrived = 0;
  line.lose = [&](bool is_data, std::vector<uint8_t>&) { return is_data && ++packets % 10'000 == 0; };
  const std::vector<uint8_t> data(1'400, 'm');
  const TimeUs end = line.pair.net.now() + 60 * kSecond;
  while (line.pair.net.now() < end) {
    while (line.pair.client.Send(line.pair.client_socket, line.pair.client_assoc, 0, data) == 0) {
    }
    line.pair.net.RunFor(5 * kMillisecond);
    arrived += line.pair.server.items(line.pair.server_socket).size();
    line.pair.server.Take(line.pair.server_socket);
  }
  EXPECT_EQ(line.Timeouts(), 0u);
  return arrived;
}

TEST("on a line of 100 ms that loses one packet in 10,000 CUBIC is at least 1.3 times as fast as RFC 9260") {
  const auto linear = static_cast<double>(PacketsInAMinute(CongestionControl::kRfc9260));
  const auto cubic = static_cast<double>(PacketsInAMinute(CongestionControl::kCubic));
  check::Note(std::to_string(linear) + " and " + std::to_string(cubic));
  EXPECT_TRUE(cubic >= 1.3 * linear);
  EXPECT_TRUE(linear >= 20'000);
}

}  // namespace test
}  // namespace mailport::sctp
