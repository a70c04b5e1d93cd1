// Losses that time tells (RFC 8985 section 6), and losses that were none (RFC 3708): packets that overtake each other, timeouts of a line that stood still, and
// what the window does meanwhile (RFC 6937).
#include <algorithm>

#include "slow_line.h"

namespace mailport::sctp::test {
namespace {

constexpr TimeUs kRtt = SlowLine::kRoundTrip;

void SendSteadily(SlowLine& line, uint32_t packets, TimeUs interval) {
  for (uint32_t i = 0; i < packets; ++i) {
    line.Send(1);
    line.pair.net.RunFor(interval);
  }
}

TEST("packets that overtake each other by up to a quarter of a round trip are not sent again") {
  for (const uint64_t seed : check::Seeds(10)) {
    check::Note("seed " + std::to_string(seed));
    SlowLine line(seed, 100);
    line.UseJitter(kRtt / 4);
    SendSteadily(line, 1000, kMillisecond);
    line.UntilArrived();
    EXPECT_EQ(line.Retransmissions(), 0u);
  }
}

TEST("of packets that overtake each other by more, few are sent again: duplicates widen the window for reordering") {
  for (const uint64_t seed : check::Seeds(5)) {
    check::Note("seed " + std::to_string(seed));
    SlowLine line(seed, 100);
    line.UseJitter(kRtt / 2);
    SendSteadily(line, 1000, 5 * kMillisecond);
    line.UntilArrived();
    EXPECT_TRUE(line.Retransmissions() <= 30);
    EXPECT_EQ(line.Timeouts(), 0u);
  }
}

TEST("a loss that was none leaves the window as it was") {
  SlowLine line(1, 100);
  const uint32_t window = line.Window();
  std::vector<std::vector<uint8_t>> held;
  line.lose = [&](bool is_data, auto& packet) {
    if (!is_data || line.sent_at.size() != 3) return false;
    held.push_back(packet);
    return true;
  };
  line.Send(10);
  // The packet is on its way for two round trips, so it is taken to be lost.
  line.pair.net.RunFor(kRtt * 3 / 2);
  EXPECT_EQ(line.Retransmissions(), 1u);
  EXPECT_TRUE(line.Window() < window);
  line.pair.server.Inject(line.pair.FromClient(), held.at(0));
  line.pair.net.RunFor(2 * kRtt);
  EXPECT_TRUE(line.Window() >= window);
  line.UntilArrived();
}

// The line takes everything, and delivers nothing for a while.
TEST("a timeout of a line that stood still is undone: the window is as before, and little is sent twice") {
  for (const TimeUs stall : {kSecond + kSecond / 8, 2 * kSecond + kSecond / 2}) {
    check::Note(std::to_string(stall / kMillisecond) + " ms");
    SlowLine line(1, 200);
    const uint32_t window = line.Window();
    std::vector<std::vector<uint8_t>> held;
    bool stands = true;
    line.lose = [&](bool is_data, auto& packet) {
      if (is_data && stands) held.push_back(packet);
      return is_data && stands;
    };
    line.Send(30);
    line.pair.net.RunFor(stall);
    EXPECT_TRUE(line.Timeouts() >= 1);
    EXPECT_TRUE(line.Window() < window / 4);
    stands = false;
    for (const auto& packet : held) {
      line.pair.server.Inject(line.pair.FromClient(), packet);
      line.pair.net.RunFor(kMillisecond / 10);
    }
    line.UntilArrived();
    line.pair.net.RunFor(kSecond);
    EXPECT_TRUE(line.Window() >= window);
    // The probes and the first packets of a timeout.
    EXPECT_TRUE(line.Retransmissions() <= 12);
  }
}

TEST("a timeout whose chunks were lost is not undone") {
  SlowLine line(1, 200);
  const uint32_t window = line.Window();
  line.lose = [&](bool is_data, auto&) { return is_data && line.Timeouts() == 0; };
  line.Send(30);
  line.UntilArrived();
  line.pair.net.RunFor(kSecond);
  EXPECT_TRUE(line.Window() < window);
}

// Answers to what a timeout sends again then come sooner than any round trip took before. They used to be taken for answers to what was sent before the timeout:
// the rest counted as being on its way, and went only with the next timeout, chunk by chunk.
TEST("a timeout whose chunks were lost is not undone by a line that has become faster meanwhile") {
  SlowLine line(1, 200);
  line.lose = [&](bool is_data, auto&) {
    if (line.Timeouts() != 0) line.pair.net.link.delay = kMillisecond / 2;
    return is_data && line.Timeouts() == 0;
  };
  line.Send(30);
  EXPECT_TRUE(line.UntilArrived() <= 3 * kSecond);
  EXPECT_EQ(line.Timeouts(), 1u);
}

// The window used to be halved in one step, so nothing left for half a round trip.
TEST("while a loss is recovered from, packets leave all the time, and half as many as before") {
  SlowLine line(1, 300);
  line.pair.net.link.bytes_per_second = 1'000'000;
  std::vector<Message> more;
  for (uint32_t i = 0; i < 1500; ++i) more.push_back(MessageOf(i, 1000));
  size_t lost_at = 0;
  line.lose = [&](bool is_data, auto&) {
    if (!is_data || line.sent_at.size() != 700) return false;
    lost_at = line.sent_at.size() - 1;
    return true;
  };
  Transfer(line.pair, more, {});
  REQUIRE(lost_at != 0);
  EXPECT_EQ(line.Timeouts(), 0u);
  TimeUs longest = 0;
  for (size_t i = lost_at; i + 1 < line.sent_at.size() && line.sent_at[i] < line.sent_at[lost_at] + 6 * kRtt; ++i)
    longest = std::max(longest, line.sent_at[i + 1] - line.sent_at[i]);
  EXPECT_TRUE(longest < kRtt / 4);
}

TEST("an overtaken packet is looked for when its time is over, even if no SACK comes then") {
  SlowLine line;
  uint32_t number = 0;
  line.lose = [&](bool is_data, auto&) { return is_data && ++number == 1; };
  line.Send(2);
  EXPECT_TRUE(line.UntilArrived() <= 2 * kRtt);
  EXPECT_EQ(line.Retransmissions(), 1u);
}

}  // namespace
}  // namespace mailport::sctp::test
