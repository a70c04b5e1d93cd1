// HyStart++ (RFC 9406) by itself: rounds of acknowledgements with round trips of the test's own choice.
#include "hystart.h"

#include "check.h"
#include "random.h"
#include "window_driven.h"

namespace mailport::sctp {
namespace {

constexpr size_t kPacket = 1'000;
constexpr TimeUs kMs = 1'000;

// A window leaves in the first half of each round trip, and is acknowledged in the order in which it left.
struct Rounds {
  HyStart slow_start;
  TimeUs now = 1'000'000, base = 50 * kMs;
  bool is_over = false;

  // A round of `packets` that leave `apart` from each other, the first one now. `round_trip(i)` is the i-th one's.
  template <typename RoundTrip>
  void Run(size_t packets, size_t cwnd, TimeUs apart, RoundTrip round_trip) {
    const TimeUs began = now;
    for (size_t i = 0; i < packets; ++i) {
      const TimeUs sent = began + i * apart, took = round_trip(i);
      now = sent + (took == 0 ? base : took);
      is_over = slow_start.OnAcknowledged(cwnd, {.bytes = kPacket, .packet_bytes = kPacket, .was_full = true, .srtt = base, .now = now, .is_paced = true,
                                                 .has_newest = true, .newest_sent = SentAt(sent), .round_trip = took});
    }
  }
  // The window is too small for the rate to matter.
  void Same(TimeUs round_trip, size_t packets = 20) {
    Run(packets, kPacket, kMs, [=](size_t) { return round_trip; });
  }
};

// Ten packets a round, and each round trip 15 ms longer than the one before.
void Lengthen(WindowDriven<LinearGrowth>& control, Window& window, bool is_paced) {
  TimeUs now = 1'000'000;
  for (TimeUs round_trip = 50 * kMs; round_trip <= 200 * kMs; round_trip += 15 * kMs) {
    const TimeUs sent = now;
    for (int i = 0; i < 10; ++i)
      control.OnAcknowledged(window, {.bytes = kPacket, .packet_bytes = kPacket, .was_full = true, .srtt = round_trip, .now = now = sent + round_trip + i * kMs,
                                      .is_paced = is_paced, .has_newest = true, .newest_sent = SentAt(sent + i * kMs), .round_trip = round_trip});
  }
}

}  // namespace

TEST("RFC 9406 §4.2: a round whose shortest round trip is an eighth longer than that of the round before slows the growth to a quarter, and does not end slow start") {
  Rounds rounds;
  rounds.Same(50 * kMs);
  rounds.Same(55 * kMs);
  EXPECT_EQ(rounds.slow_start.divisor(), size_t{1});
  rounds.Same(62 * kMs);
  EXPECT_EQ(rounds.slow_start.divisor(), size_t{4});
  EXPECT_FALSE(rounds.is_over);
}

TEST("RFC 9406 §4.2: one short round trip in a round shows that there is no queue, and longer ones after it change nothing") {
  Rounds rounds;
  rounds.Same(50 * kMs);
  rounds.Run(20, kPacket, kMs, [](size_t i) { return i == 0 ? 50 * kMs : 80 * kMs; });
  EXPECT_EQ(rounds.slow_start.divisor(), size_t{1});
}

TEST("RFC 9406 §4.3: fewer than eight samples decide nothing, and what was sent again is none") {
  Rounds rounds;
  rounds.Same(50 * kMs);
  rounds.Same(90 * kMs, 7);
  EXPECT_EQ(rounds.slow_start.divisor(), size_t{1});
  Rounds again;
  again.Same(50 * kMs);
  again.Run(20, kPacket, kMs, [](size_t i) { return i % 3 == 0 ? 90 * kMs : 0; });
  EXPECT_EQ(again.slow_start.divisor(), size_t{1});
  Rounds enough;
  enough.Same(50 * kMs);
  enough.Same(90 * kMs, 8);
  EXPECT_EQ(enough.slow_start.divisor(), size_t{4});
}

TEST("RFC 9406 §4.3: the threshold is an eighth of a round trip, at least 4 ms and at most 16 ms") {
  struct Case {
    TimeUs before, below, enough;
  };
  for (const Case& each : {Case{8 * kMs, 11'999, 12'000}, Case{80 * kMs, 89'999, 90'000}, Case{400 * kMs, 415'999, 416'000}}) {
    for (const TimeUs after : {each.below, each.enough}) {
      Rounds rounds;
      rounds.base = each.before;
      rounds.Same(each.before);
      rounds.Same(after);
      EXPECT_EQ(rounds.slow_start.divisor(), after == each.enough ? size_t{4} : size_t{1});
    }
  }
}

TEST("RFC 9406 §4.2: if the round trips fall below what they were when they had grown, the window grows as before") {
  Rounds rounds;
  rounds.Same(50 * kMs);
  rounds.Same(60 * kMs);
  EXPECT_EQ(rounds.slow_start.divisor(), size_t{4});
  rounds.Same(59 * kMs);
  EXPECT_EQ(rounds.slow_start.divisor(), size_t{1});
  for (int i = 0; i < 10; ++i) rounds.Same(59 * kMs);
  EXPECT_FALSE(rounds.is_over);
  EXPECT_EQ(rounds.slow_start.divisor(), size_t{1});
}

TEST("RFC 9406 §4.2: five rounds of slow growth end slow start") {
  Rounds rounds;
  rounds.Same(50 * kMs);
  rounds.Same(60 * kMs);
  for (int i = 0; i < 4; ++i) {
    rounds.Same(60 * kMs);
    EXPECT_FALSE(rounds.is_over);
  }
  rounds.Same(60 * kMs);
  EXPECT_TRUE(rounds.is_over);
}

TEST("a second growth as large as the first one ends slow start before the five rounds are over") {
  Rounds rounds;
  rounds.Same(50 * kMs);
  rounds.Same(60 * kMs);
  rounds.Same(66 * kMs);
  EXPECT_FALSE(rounds.is_over);
  rounds.Same(68 * kMs);
  EXPECT_TRUE(rounds.is_over);
}

TEST("RFC 9406 §4.3: jitter below the threshold ends no slow start, and slows no growth") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    test::Random random(seed);
    Rounds rounds;
    for (int round = 0; round < 100; ++round) {
      rounds.Run(20, kPacket, kMs, [&](size_t) { return 50 * kMs + random.Below(6'200); });
      EXPECT_FALSE(rounds.is_over);
      EXPECT_EQ(rounds.slow_start.divisor(), size_t{1});
    }
  }
}

TEST("a window that is larger than rate and shortest round trip allow grows by a quarter, and again by all of it when acknowledgements come faster") {
  Rounds rounds;
  rounds.Run(25, 50 * kPacket, kMs, [](size_t) { return 50 * kMs; });
  EXPECT_EQ(rounds.slow_start.divisor(), size_t{1});
  rounds.Run(25, 65 * kPacket, kMs, [](size_t) { return 50 * kMs; });
  EXPECT_EQ(rounds.slow_start.divisor(), size_t{4});
  EXPECT_FALSE(rounds.is_over);
  rounds.Run(50, 65 * kPacket, kMs / 2, [](size_t) { return 50 * kMs; });
  EXPECT_EQ(rounds.slow_start.divisor(), size_t{1});
}

TEST("such a window and round trips of the same round that show a queue end slow start, and the window comes down to what the line holds") {
  Rounds rounds;
  rounds.Run(25, 50 * kPacket, kMs, [](size_t) { return 50 * kMs; });
  // Packets that leave every 0.5 ms arrive every millisecond.
  rounds.Run(50, 80 * kPacket, kMs / 2, [](size_t i) { return 50 * kMs + i * kMs / 2; });
  EXPECT_TRUE(rounds.is_over);
  const size_t left = rounds.slow_start.WindowAtEnd(80 * kPacket);
  EXPECT_TRUE(left >= 50 * kPacket && left <= 60 * kPacket);
  EXPECT_EQ(rounds.slow_start.WindowAtEnd(10 * kPacket), 10 * kPacket);
}

TEST("a queue alone does not: the window may still be what the line holds") {
  Rounds rounds;
  rounds.Run(25, 50 * kPacket, kMs, [](size_t) { return 50 * kMs; });
  rounds.Run(50, 50 * kPacket, kMs / 2, [](size_t i) { return 50 * kMs + i * kMs / 2; });
  EXPECT_FALSE(rounds.is_over);
}

TEST("where nothing is paced, longer round trips end no slow start: they may be the host's alone") {
  for (const bool is_paced : {false, true}) {
    WindowDriven<LinearGrowth> control;
    Window window{4 * kPacket, SIZE_MAX};
    Lengthen(control, window, is_paced);
    EXPECT_EQ(window.threshold != SIZE_MAX, is_paced);
  }
}

TEST("RFC 9406 §4.3: only the first slow start is looked at: after a loss the threshold stays what the loss left, and the window grows as by RFC 9260") {
  WindowDriven<LinearGrowth> control;
  Window window{4 * kPacket, 1'000 * kPacket};
  Lengthen(control, window, true);
  EXPECT_EQ(window.threshold, 1'000 * kPacket);
  EXPECT_EQ(window.bytes, (4 + 11 * 10) * kPacket);
}

}  // namespace mailport::sctp
