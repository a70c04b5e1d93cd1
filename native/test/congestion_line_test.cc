// Each congestion control over a line with a rate, a queue and random loss: what it delivers, how long packets wait in the queue, and how associations share the line.
#include "bottleneck.h"

namespace mailport::sctp::test {
namespace {

constexpr CongestionControl kAll[] = {CongestionControl::kRfc9260, CongestionControl::kCubic, CongestionControl::kBbr};
const char* NameOf(CongestionControl control) {
  return control == CongestionControl::kBbr ? "bbr" : control == CongestionControl::kCubic ? "cubic" : "rfc9260";
}

void Note(const std::string& what, const Bottleneck::Result& result) {
  std::string text = what + ": " + std::to_string(result.share) + " of the line, queue " + std::to_string(result.queue_mean) + " us, 95 % " +
                     std::to_string(result.queue_p95) + " us, lost " + std::to_string(result.lost) + ", bytes";
  for (const double bytes : result.bytes) text += " " + std::to_string(static_cast<uint64_t>(bytes));
  check::Note(text);
}

// After slow start, and some seconds more.
Bottleneck::Result Alone(CongestionControl control, const LineOf& line) {
  Bottleneck bottleneck(line);
  bottleneck.Add(control);
  bottleneck.Run(5 * kSecond);
  const auto result = bottleneck.Run(10 * kSecond);
  Note(NameOf(control), result);
  return result;
}

// What the first one has of what both deliver, when they have had time to find their shares.
double ShareOfFirst(CongestionControl first, CongestionControl second, const LineOf& line, TimeUs settling) {
  Bottleneck bottleneck(line);
  bottleneck.Add(first);
  bottleneck.Run(3 * kSecond);
  bottleneck.Add(second);
  bottleneck.Run(settling);
  const auto result = bottleneck.Run(40 * kSecond);
  Note(std::string(NameOf(first)) + " and " + NameOf(second), result);
  EXPECT_TRUE(result.share > 0.9);
  return result.bytes[0] / (result.bytes[0] + result.bytes[1]);
}

// Who comes first, and the round trip, are the seed's.
double ShareBesideBbr(CongestionControl other, double queue_in_bdp, uint64_t seed) {
  const LineOf line{.mbit = 40, .round_trip = (44 + 2 * seed) * kMillisecond, .queue_in_bdp = queue_in_bdp, .seed = seed};
  const double first = ShareOfFirst(seed % 2 != 0 ? other : CongestionControl::kBbr, seed % 2 != 0 ? CongestionControl::kBbr : other, line, 20 * kSecond);
  return seed % 2 != 0 ? first : 1 - first;
}

}  // namespace

TEST("without loss each control fills 90 % of a line of 100 Mbit/s and 50 ms") {
  for (const CongestionControl control : kAll) EXPECT_TRUE(Alone(control, {}).share >= 0.9);
}

// Slow start included: what exceeds the queue is lost, and a window that falls far below what the line holds takes long to come back.
TEST("RFC 9406: without loss each control fills 90 % of a line of 100 Mbit/s and 50 ms with a queue of 200 packets from the beginning, for 8 s") {
  for (const CongestionControl control : kAll) {
    for (const uint64_t seed : {1, 3, 5}) {
      const LineOf line{.round_trip = 44 * kMillisecond + seed * 2 * kMillisecond, .queue_in_bdp = 0.48, .seed = seed};
      Bottleneck bottleneck(line);
      bottleneck.Add(control);
      const auto result = bottleneck.Run(8 * kSecond);
      Note(NameOf(control), result);
      EXPECT_TRUE(result.share >= 0.9);
      if (control == CongestionControl::kRfc9260) EXPECT_EQ(result.lost, 0.0);
    }
  }
}

TEST("at 1 % random loss BBR fills 80 % of the line, at least ten times as much as RFC 9260") {
  const double linear = Alone(CongestionControl::kRfc9260, {.loss = 0.01}).share;
  const double bbr = Alone(CongestionControl::kBbr, {.loss = 0.01}).share;
  EXPECT_TRUE(bbr >= 0.8);
  EXPECT_TRUE(bbr >= 10 * linear);
}

TEST("BBR keeps the queue short: a twentieth of a round trip on average, whatever the queue holds") {
  for (const double queue : {1.0, 4.0, 16.0}) {
    const auto result = Alone(CongestionControl::kBbr, {.queue_in_bdp = queue});
    EXPECT_TRUE(result.queue_mean <= 50 * kMillisecond / 20);
    EXPECT_EQ(result.lost, 0.0);
  }
}

TEST("BBR does not trample a queue of a tenth of a round trip: it loses less than a hundredth, and fills 90 % of the line") {
  const auto result = Alone(CongestionControl::kBbr, {.queue_in_bdp = 0.1});
  EXPECT_TRUE(result.lost < 0.01);
  EXPECT_TRUE(result.share >= 0.9);
}

TEST("RFC 9406: slow start ends before a queue of four round trips overflows") {
  for (const CongestionControl control : {CongestionControl::kRfc9260, CongestionControl::kCubic}) {
    Bottleneck bottleneck({.queue_in_bdp = 4});
    bottleneck.Add(control);
    const auto result = bottleneck.Run(5 * kSecond);
    Note(NameOf(control), result);
    EXPECT_EQ(result.lost, 0.0);
    EXPECT_TRUE(result.share >= 0.9);
  }
}

TEST("two associations with the same control share a line within 20 %") {
  for (const CongestionControl control : kAll) {
    const double share = ShareOfFirst(control, control, {.mbit = 40}, 40 * kSecond);
    EXPECT_TRUE(share >= 0.4 && share <= 0.6);
  }
}

// In three parts, as each has the time of a test alone.
TEST("CUBIC beside BBR: neither is left with less than a third of a line with a queue of a round trip, whatever the seed: the first two") {
  for (const uint64_t seed : {1, 2}) {
    const double share = ShareBesideBbr(CongestionControl::kCubic, 1, seed);
    EXPECT_TRUE(share >= 1.0 / 3 && share <= 2.0 / 3);
  }
}

TEST("CUBIC beside BBR: neither is left with less than a third of a line with a queue of a round trip, whatever the seed: three more") {
  for (const uint64_t seed : {3, 4, 5}) {
    const double share = ShareBesideBbr(CongestionControl::kCubic, 1, seed);
    EXPECT_TRUE(share >= 1.0 / 3 && share <= 2.0 / 3);
  }
}

TEST("CUBIC beside BBR: neither is left with less than a third of a line with a queue of half of a round trip, or of two") {
  for (const double queue : {0.5, 2.0}) {
    const double share = ShareBesideBbr(CongestionControl::kCubic, queue, 1);
    EXPECT_TRUE(share >= 1.0 / 3 && share <= 2.0 / 3);
  }
}

TEST("RFC 9260 beside BBR: neither is left with less than a third of a line with a queue of one or two round trips, nor with less than a quarter if it is half of one") {
  for (const double queue : {1.0, 2.0, 0.5}) {
    const double share = ShareBesideBbr(CongestionControl::kRfc9260, queue, 2);
    EXPECT_TRUE(share >= (queue < 1 ? 1.0 / 4 : 1.0 / 3) && share <= 2.0 / 3);
  }
}

TEST("an application that sends a tenth of the rate does not make BBR think that the line is slow, and after a pause it is as fast as before") {
  Bottleneck bottleneck({});
  const size_t fast = bottleneck.Add(CongestionControl::kBbr);
  bottleneck.Run(5 * kSecond);
  const size_t before = bottleneck.Cwnd(fast);
  bottleneck.Pause(fast, true);
  bottleneck.Run(30 * kSecond);
  EXPECT_TRUE(bottleneck.Cwnd(fast) >= before / 2);
  bottleneck.Pause(fast, false);
  const auto again = bottleneck.Run(2 * kSecond);
  Note("after a pause", again);
  EXPECT_TRUE(again.share >= 0.85);
  EXPECT_EQ(again.lost, 0.0);

  Bottleneck slow({});
  slow.Add(CongestionControl::kBbr, 1'250'000);
  const auto little = slow.Run(10 * kSecond);
  EXPECT_TRUE(little.share >= 0.09);
  EXPECT_TRUE(little.queue_most <= 5 * kMillisecond);
}

TEST("a line that becomes half as fast: BBR follows within its memory of the rate, and the queue empties again") {
  Bottleneck bottleneck({.queue_in_bdp = 4});
  bottleneck.Add(CongestionControl::kBbr);
  bottleneck.Run(5 * kSecond);
  LinkParams link;
  link.delay = 25 * kMillisecond;
  link.bytes_per_second = 6'250'000;
  link.queue_bytes = 4 * 625'000;
  bottleneck.net.UseLink(bottleneck.client, bottleneck.server, link);
  bottleneck.Run(15 * kSecond);
  const auto result = bottleneck.Run(10 * kSecond);
  Note("half as fast", result);
  EXPECT_TRUE(result.share >= 0.45);
  EXPECT_TRUE(result.queue_mean <= 10 * kMillisecond);
}

// RFC 9260 section 6.1 D: how much leaves at once.
TEST("paced, no more than a quantum leaves at once, whatever the control, once the round trip is known") {
  for (const CongestionControl control : kAll) {
    Bottleneck bottleneck({});
    bottleneck.Add(control);
    bottleneck.Run(kSecond);
    TimeUs at = 0;
    size_t burst = 0, most = 0;
    bottleneck.net.watch = [&](const IpAddress& from, const IpAddress&, Bytes packet) {
      if (from != bottleneck.client.address) return;
      burst = bottleneck.net.now() == at ? burst + packet.size() : packet.size();
      at = bottleneck.net.now();
      most = std::max(most, burst);
    };
    bottleneck.Run(3 * kSecond);
    check::Note(std::string(NameOf(control)) + ": " + std::to_string(most));
    // A millisecond's worth at a quarter more than the rate, or ten packets, and a packet.
    EXPECT_TRUE(most <= std::max<size_t>(12'500 * 3, 10 * 1'452) + 1'452);
    EXPECT_TRUE(most >= 1'452);
  }
}

}  // namespace mailport::sctp::test
