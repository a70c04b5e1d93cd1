// BBR (draft-ietf-ccwg-bbr), its samples of the delivery rate, and pacing, by themselves: with packets and a clock of their own.
#include <deque>
#include <set>

#include "bbr.h"
#include "check.h"
#include "path.h"
#include "random.h"

namespace mailport::sctp {
namespace {

constexpr size_t kPacket = 1'000;
constexpr TimeUs kMs = 1'000, kSec = 1'000'000;

// A line with a rate, a delay and a queue without bound, and a sender that paces its packets as it is told.
struct Model {
  struct Packet {
    TimeUs sent, arrives;
    size_t bytes;
  };
  double line_bytes_per_us = 1.25;  // 10 Mbit/s
  TimeUs delay = 40 * kMs;
  Bbr bbr;
  Window window{4 * kPacket, SIZE_MAX};
  Pacer pacer;
  TimeUs now = 100 * kSec, free_at = 0, srtt = 0;
  size_t flight = 0, budget = SIZE_MAX;  // What the application has.
  std::deque<Packet> line;
  std::set<Bbr::State> seen;
  TimeUs batch = 0;  // Acknowledgements come together, once in that time.

  void Send() {
    pacer.BeginTurn(now);
    while (flight + kPacket <= window.bytes && budget >= kPacket && pacer.MayLeave(now)) {
      flight += kPacket;
      budget -= kPacket;
      pacer.OnSent(kPacket, now);
      bbr.OnSent(kPacket, flight, now);
      free_at = std::max(free_at, now) + static_cast<TimeUs>(kPacket / line_bytes_per_us);
      TimeUs arrives = free_at + delay;
      if (batch != 0) arrives = (arrives + batch - 1) / batch * batch;
      line.push_back({now, arrives, kPacket});
    }
    if (budget < kPacket && flight < window.bytes) bbr.OnAppLimited(flight);
  }
  void RunFor(TimeUs duration) {
    const TimeUs end = now + duration;
    Send();
    while (now < end) {
      const TimeUs next = std::min({line.empty() ? kNever : line.front().arrives, pacer.wakes_at(), end});
      now = std::max(now, next);
      Acknowledged ack{.bytes = 0, .packet_bytes = kPacket, .was_full = flight + kPacket > window.bytes || pacer.is_holding(), .srtt = srtt, .now = now};
      for (; !line.empty() && line.front().arrives <= now; line.pop_front()) {
        ack.bytes += line.front().bytes;
        ack.has_newest = true;
        ack.newest_sent = SentAt(line.front().sent);
        ack.round_trip = now - line.front().sent;
      }
      if (ack.bytes != 0) {
        flight -= ack.bytes;
        ack.flight_bytes = flight;
        srtt = srtt == 0 ? ack.round_trip : (7 * srtt + ack.round_trip) / 8;
        ack.srtt = srtt;
        bbr.OnAcknowledged(window, ack);
        seen.insert(bbr.state());
        pacer.Set(bbr.PaceOf(window, kPacket, srtt));
      }
      Send();
    }
  }
};

bool IsNear(double value, double wanted, double part) { return value >= wanted * (1 - part) && value <= wanted * (1 + part); }

}  // namespace

TEST("§4.3: Startup finds the rate, Drain empties the queue, and the probes of the rate and of the round trip come in turn") {
  Model model;
  model.RunFor(3 * kSec);
  EXPECT_TRUE(IsNear(model.bbr.max_rate(), 1.25, 0.05));
  EXPECT_TRUE(IsNear(static_cast<double>(model.bbr.shortest_round_trip()), 40.8 * kMs, 0.05));
  EXPECT_TRUE(model.seen.contains(Bbr::State::kStartup) && model.seen.contains(Bbr::State::kDrain));
  model.seen.clear();
  model.RunFor(12 * kSec);
  for (const Bbr::State each : {Bbr::State::kDown, Bbr::State::kCruise, Bbr::State::kRefill, Bbr::State::kUp, Bbr::State::kProbeRtt})
    EXPECT_TRUE(model.seen.contains(each));
  EXPECT_FALSE(model.seen.contains(Bbr::State::kStartup));
}

TEST("§4.1.1: acknowledgements that come together, or that come late and then at once, do not raise the estimate above the line's rate") {
  for (const TimeUs batch : {5 * kMs, 20 * kMs, 60 * kMs}) {
    Model model;
    model.batch = batch;
    model.RunFor(20 * kSec);
    check::Note(std::to_string(batch) + ": " + std::to_string(model.bbr.max_rate()));
    EXPECT_TRUE(model.bbr.max_rate() <= 1.25 * 1.35);
    EXPECT_TRUE(model.bbr.max_rate() >= 1.25 * 0.9);
  }
}

TEST("§4.1.2.4: what the application limits does not lower the estimate, and does not raise it") {
  Model model;
  model.RunFor(4 * kSec);
  const double before = model.bbr.max_rate();
  for (int i = 0; i < 200; ++i) {
    model.budget = 4 * kPacket;
    model.RunFor(50 * kMs);
  }
  EXPECT_TRUE(IsNear(model.bbr.max_rate(), before, 0.02));
}

TEST("§5.3.4: in ProbeRTT half of what fits is on its way, for 200 ms and a round at least") {
  Model model;
  model.RunFor(2 * kSec);
  while (model.bbr.state() != Bbr::State::kProbeRtt && model.now < 200 * kSec) model.RunFor(kMs);
  const TimeUs began = model.now;
  EXPECT_TRUE(model.window.bytes <= static_cast<size_t>(0.55 * 1.25 * 40.8 * kMs));
  while (model.bbr.state() == Bbr::State::kProbeRtt) model.RunFor(kMs);
  EXPECT_TRUE(model.now - began >= 200 * kMs && model.now - began <= 400 * kMs);
}

TEST("a path that becomes longer: the shortest round trip is forgotten after ten seconds") {
  Model model;
  model.RunFor(3 * kSec);
  model.delay = 80 * kMs;
  model.RunFor(25 * kSec);
  EXPECT_TRUE(IsNear(static_cast<double>(model.bbr.shortest_round_trip()), 80.8 * kMs, 0.1));
  EXPECT_TRUE(IsNear(model.bbr.max_rate(), 1.25, 0.1));
}

TEST("what is kept for the samples is bounded, however many packets are on their way") {
  Model model;
  model.line_bytes_per_us = 125;
  model.delay = 200 * kMs;
  for (int i = 0; i < 100; ++i) {
    model.RunFor(30 * kMs);
    EXPECT_TRUE(model.bbr.samples().kept() <= 256);
  }
  EXPECT_TRUE(model.flight > 5'000 * kPacket);
}

TEST("a peer that acknowledges what has only just left: the estimate is what left, and the window is bounded") {
  Path path(PacketRoute{}, kPacket, RtoInfo{});
  path.options.Edit().congestion = CongestionControl::kBbr;
  TimeUs now = 100 * kSec, began = now;
  size_t sent = 0;
  for (uint64_t number = 0; number < 50'000; ++number) {
    path.OnSent(kPacket, now);
    sent += kPacket;
    now += 100;
    path.BeginAcknowledgement();
    path.OnChunkAcknowledged(number, SentAt(now - 100), false, now);
    path.traffic().acked_bytes = kPacket;
    path.flight_bytes -= kPacket;
    path.EndAcknowledgement(static_cast<uint32_t>(number), true, true, static_cast<uint32_t>(number), now);
  }
  const double left = static_cast<double>(sent) / static_cast<double>(now - began);
  EXPECT_TRUE(path.traffic().congestion.bbr()->max_rate() <= left * 1.01);
  EXPECT_TRUE(path.cwnd() <= size_t{64} << 20);
}

TEST("a peer that acknowledges, takes back and acknowledges again has delivered no more for it") {
  DeliveryRate rate;
  rate.OnSent(kPacket, kPacket, 1'000, 0);
  for (int i = 0; i < 1'000; ++i) {
    rate.OnAcknowledged({.bytes = kPacket, .packet_bytes = kPacket, .was_full = true, .srtt = 0, .now = 2'000}, 0);
    rate.OnTakenBack(kPacket);
  }
  EXPECT_EQ(rate.delivered(), uint64_t{0});
}

TEST("random losses, batches and rates: the window, the rate and the bound of the flight stay within what the line can have") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    test::Random random(seed);
    Model model;
    double most_rate = 0;
    for (int step = 0; step < 40; ++step) {
      model.line_bytes_per_us = 0.1 + static_cast<double>(random.Below(500)) / 100;
      model.delay = (1 + random.Below(100)) * kMs;
      model.batch = random.Chance(0.5) ? random.Below(20) * kMs : 0;
      model.budget = random.Chance(0.2) ? random.Below(100) * kPacket : SIZE_MAX;
      if (random.Chance(0.3)) model.bbr.OnLost(random.Below(20) * kPacket);
      if (random.Chance(0.1)) model.bbr.Reduce(model.window.bytes, kPacket, true);
      if (random.Chance(0.1)) model.bbr.Undo();
      most_rate = std::max(most_rate, model.line_bytes_per_us);
      model.RunFor(300 * kMs);
      EXPECT_TRUE(model.window.bytes >= 4 * kPacket);
      EXPECT_TRUE(model.bbr.max_rate() < 50);
      EXPECT_TRUE(model.bbr.flight_bound() >= 4 * kPacket);
    }
    EXPECT_TRUE(model.flight <= size_t{64} << 20);
  }
}

TEST("a pacer lets a quantum leave, and then as much as the rate: in no while more than both together") {
  Pacer pacer;
  pacer.Set({.bytes_per_us = 1, .quantum_bytes = 3 * kPacket});
  std::deque<std::pair<TimeUs, size_t>> sent;
  TimeUs now = kSec;
  for (int turn = 0; turn < 100; ++turn) {
    pacer.BeginTurn(now);
    while (pacer.MayLeave(now)) {
      pacer.OnSent(kPacket, now);
      sent.push_back({now, kPacket});
    }
    EXPECT_TRUE(pacer.is_holding());
    now = pacer.wakes_at();  // The clock of a simulation is exact.
  }
  for (size_t from = 0; from < sent.size(); ++from) {
    size_t bytes = 0;
    for (size_t to = from; to < sent.size(); ++to) {
      bytes += sent[to].second;
      EXPECT_TRUE(bytes <= 4 * kPacket + (sent[to].first - sent[from].first));
    }
  }
  EXPECT_TRUE(IsNear(static_cast<double>(sent.size() * kPacket), static_cast<double>(now - kSec), 0.02));
}

TEST("a timer that is late by some milliseconds costs no rate, and after a pause only a quantum leaves at once") {
  Pacer pacer;
  pacer.Set({.bytes_per_us = 10, .quantum_bytes = 10 * kPacket});
  TimeUs now = kSec;
  size_t sent = 0;
  const auto turn = [&](size_t limit) {
    size_t bytes = 0;
    pacer.BeginTurn(now);
    while (bytes < limit && pacer.MayLeave(now)) {
      pacer.OnSent(kPacket, now);
      bytes += kPacket;
    }
    if (bytes >= limit) pacer.OnNothingLeft();
    sent += bytes;
    return bytes;
  };
  for (int i = 0; i < 1'000; ++i) {
    turn(SIZE_MAX);
    now = pacer.wakes_at() + 2 * kMs;
  }
  EXPECT_TRUE(IsNear(static_cast<double>(sent), static_cast<double>(now - kSec) * 10, 0.02));
  now += kSec;
  turn(kPacket);
  now += kSec;
  EXPECT_TRUE(turn(SIZE_MAX) <= 11 * kPacket);
}

}  // namespace mailport::sctp
