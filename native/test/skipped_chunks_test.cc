// RFC 3758 section 3.5: what becomes of the chunks of messages that are given up, and what the peer is told to skip.
#include <algorithm>

#include "giving_up_fixture.h"
#include "random.h"

namespace mailport::sctp::test {
namespace {

// Otherwise a sender of ever more important messages could send without regard to the congestion window.
TEST("a chunk that is given up in flight stays in flight until it is acknowledged, skipped or lost, and credits no window") {
  for (const int how : {0, 1, 2}) {
    Sending s;
    s.Push("flying", 0, kPrio, 9);
    s.Push("other", 1);
    s.SendAll();
    EXPECT_TRUE(s.MakeRoom(1));
    EXPECT_EQ(s.out.held_bytes(), 5u);
    EXPECT_EQ(s.path.flight_bytes, 11u);
    EXPECT_EQ(s.Skipped(), "0:0,0");
    if (how == 0) {
      s.Sack(1);
      EXPECT_EQ(s.path.traffic().acked_bytes, 0u);
    } else if (how == 1) {
      s.Sack(0, {1, 1});
      EXPECT_EQ(s.path.traffic().acked_bytes, 0u);
      s.Sack(0);  // Taken back.
    } else {
      s.Lose();
      EXPECT_EQ(s.SendLost(), (Strings{"1:3:1,0:other"}));
    }
    EXPECT_EQ(s.path.flight_bytes, 5u);
    s.Sack(2);
    EXPECT_EQ(s.path.flight_bytes, 0u);
    EXPECT_TRUE(s.out.empty());
  }
}

TEST("§3.5 F5: a chunk that was given up and is reported missing three times is a loss like any other") {
  Sending s;
  s.Push("flying", 0, kPrio, 9);
  for (int i = 0; i < 8; ++i) s.Push("x", 1);
  s.SendAll();
  EXPECT_TRUE(s.MakeRoom(1));
  EXPECT_FALSE(s.Sack(0, {2, 2}).loss_found);
  EXPECT_FALSE(s.Sack(0, {2, 3}).loss_found);
  const size_t window = s.path.cwnd();
  EXPECT_TRUE(s.Sack(0, {2, 4}).loss_found);
  EXPECT_TRUE(s.path.in_fast_recovery());
  EXPECT_TRUE(s.path.cwnd() <= window);
  EXPECT_EQ(s.SendLost(), Strings{});
  EXPECT_EQ(s.path.flight_bytes, 5u);
}

TEST("§3.5 A2: the round trip of a chunk that was given up is not measured") {
  Sending s;
  s.Push("flying", 0, kPrio, 9);
  s.SendAll();
  EXPECT_TRUE(s.MakeRoom(1));
  s.now += 5'000'000;
  s.Sack(1);
  EXPECT_EQ(s.path.srtt(), 0u);
  EXPECT_FALSE(s.path.timing());
}

TEST("§3.5 C2: the point moves over what is given up, and over acknowledged messages with limits in between, but over no other") {
  Sending s;
  for (const char* text : {"a", "b", "c", "d", "e", "f"}) s.Push(text, 0, kRtx, text[0] == 'b' || text[0] == 'd' ? 5 : 0);
  s.Push("reliable", 0);
  s.Push("g", 0, kRtx, 0);
  s.SendAll();
  s.Sack(0, {2, 2, 4, 4, 7, 7});  // "b", "d" and "reliable" have come.
  s.Lose();
  EXPECT_EQ(s.SendLost(), Strings{});
  EXPECT_EQ(s.given_up.size(), 5u);
  EXPECT_EQ(s.Skipped(), "5:0,5");
  s.Sack(7);  // After the FORWARD TSN.
  EXPECT_EQ(s.Skipped(), "7:0,7");
  s.Sack(8);
  EXPECT_TRUE(s.out.empty());
}

TEST("§3.5 C4: each stream is listed once, with its highest number; unordered messages are not; fewer are skipped if there is no room") {
  Sending s;
  for (const uint32_t stream : {3u, 1u, 3u, 2u}) s.Push("x", stream, kRtx, 0);
  s.Push("u", 9, kRtx | kFlagUnordered, 0);
  s.Push("x", 4, kRtx, 0);
  s.SendAll();
  s.Lose();
  EXPECT_EQ(s.SendLost(), Strings{});
  EXPECT_EQ(s.Skipped(), "5:1,0 2,0 3,1 4,0");
  EXPECT_EQ(s.Skipped(3), "4:1,0 2,0 3,1");
  EXPECT_EQ(s.Skipped(2), "2:1,0 3,1");
  EXPECT_EQ(s.Skipped(1), "0:3,0");
}

TEST("an association that ends reports what has not been reported, and everything is given back") {
  Sending s;
  s.Push("gone", 0, kRtx, 0);
  s.Push("sent", 0, kRtx, 9);
  s.SendAll();
  s.Lose();
  s.SendLost();
  s.Push("waits", 0, kPrio, 1);
  EXPECT_EQ(s.Texts(), (Strings{"gone sent"}));
  s.out.FailAll(1000, s);
  EXPECT_EQ(s.Texts(), (Strings{"sent sent", "waits unsent"}));
  EXPECT_TRUE(s.out.empty());
  EXPECT_EQ(s.out.charged_bytes(), 0u);
  s.Push("again", 0, kPrio, 1);
  EXPECT_TRUE(s.MakeRoom(0));
}

// Any mixture of limits, losses, acknowledgements and want of room.
TEST("whatever happens, each message is acknowledged or reported, and the sums are right") {
  for (const uint64_t seed : check::Seeds(150)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    Sending s;
    std::vector<bool> come;  // By TSN: the peer has it, or has been told to skip it.
    size_t up_to = 0;
    const auto tell = [&] {
      while (up_to < come.size() && come[up_to]) ++up_to;
      s.Sack(static_cast<uint32_t>(up_to));
    };
    const auto note = [&](const Strings& chunks) {
      for (const std::string& each : chunks) {
        const size_t tsn = std::stoul(each);
        if (come.size() <= tsn) come.resize(tsn + 1);
        if (random.Chance(0.5)) come[tsn] = true;
      }
    };
    for (int step = 0; step < 200; ++step) {
      s.now += random.Below(50'000);
      static constexpr uint32_t kPolicies[] = {0, kTtl, kRtx, kPrio};
      for (uint64_t n = random.Below(4); n > 0; --n)
        s.Push(std::string(1 + random.Below(9), 'x'), static_cast<uint32_t>(random.Below(3)),
               kPolicies[random.Below(4)] | (random.Chance(0.3) ? kFlagUnordered : 0), static_cast<uint32_t>(random.Below(3)) * 50);
      if (random.Chance(0.3)) s.MakeRoom(static_cast<uint32_t>(random.Below(100)));
      note(s.SendAll(1 + random.Below(6)));
      if (random.Chance(0.3)) s.Lose(), note(s.SendLost());
      if (random.Chance(0.5) && s.out.HasSkipped()) {
        const size_t last = std::stoul(s.Skipped());
        if (come.size() <= last) come.resize(last + 1);
        std::fill(come.begin(), come.begin() + static_cast<ptrdiff_t>(last) + 1, true);
      }
      if (random.Chance(0.7)) tell();
    }
    for (int round = 0; round < 50 && !s.out.empty(); ++round) {
      s.Lose();
      for (const std::string& each : s.SendLost()) come[std::stoul(each)] = true;
      if (s.out.HasSkipped()) {
        const size_t last = std::stoul(s.Skipped());
        if (come.size() <= last) come.resize(last + 1);
        std::fill(come.begin(), come.begin() + static_cast<ptrdiff_t>(last) + 1, true);
      }
      tell();
    }
    EXPECT_TRUE(s.out.empty());
    EXPECT_EQ(s.out.held_bytes(), 0u);
    EXPECT_EQ(s.out.charged_bytes(), 0u);
    if (!EXPECT_EQ(s.path.flight_bytes, 0u)) return;
  }
}

// Figures: each SACK costs at most 1,024 looks beyond what it acknowledges, and a FORWARD TSN lists at most 4,096 chunks.
TEST("however many messages are given up, a SACK and a FORWARD TSN cost a bounded amount of work") {
  Sending s;
  constexpr uint32_t kMessages = 20'000;
  for (uint32_t i = 0; i < kMessages; ++i) s.Push("x", 0, kRtx, i % 2 == 0 ? 0 : 9);
  s.SendAll();
  s.Lose();
  s.out.GiveUpLost(1000, s.now, s);  // The first message; the next one may be sent again.
  s.SendLost();
  EXPECT_EQ(s.given_up.size(), size_t{kMessages} / 2);
  for (uint32_t i = 0; i < 100; ++i) {
    const uint64_t before = s.out.work();
    s.Sack(i);
    EXPECT_TRUE(s.out.work() - before <= 1100);
  }
  Sending all;
  for (uint32_t i = 0; i < kMessages; ++i) all.Push("x", 0, kRtx, 0);
  all.SendAll();
  all.Lose();
  all.SendLost();
  EXPECT_EQ(all.Skipped(), "4095:0,4095");
  for (uint32_t told = 4096; told < kMessages; told += 4096) all.Sack(told);
  EXPECT_EQ(all.Skipped(), std::to_string(kMessages - 1) + ":0," + std::to_string(kMessages - 1));
}

}  // namespace
}  // namespace mailport::sctp::test
