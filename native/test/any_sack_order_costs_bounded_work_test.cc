// A peer chooses what its acknowledgements say. Each acknowledgement used to be compared with every chunk outstanding, so that a small one cost as much as
// there was under way. Now each costs as much as it says and changes.
#include <algorithm>
#include <functional>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "check.h"
#include "tx/chunk_set.h"
#include "one_path.h"
#include "random.h"
#include "packet/wire.h"

namespace mailport::sctp {
namespace {

using test::Random;

constexpr uint32_t kFirstTsn = 0xfffff000;  // The TSNs wrap on the way.
constexpr uint32_t kChunks = 20'000;

struct Nobody : OutboundSink {
  void OnSendFailed(const FailedSend&) override { ++failed; }
  int failed = 0;
};

// A sender with kChunks chunks under way, one byte and one packet each.
struct Sending : test::OnePath {
  Sending() : OnePath(1452) {
    outbound.Reset(kFirstTsn, 1 << 30);
    const std::vector<uint8_t> byte(1, 'x');
    std::vector<uint8_t> chunk(64);
    Nobody nobody;
    size_t released = 0;
    for (uint32_t i = 0; i < kChunks; i++) {
      outbound.Push({.assoc_id = 3}, byte, 0);
      REQUIRE(outbound.NextNewBytes(1000, 0, nobody, &released) == 1);
      outbound.WriteNew(1, true, 0, path, chunk.data());
    }
  }
  // The gaps are offsets as in a gap block, counted from the `cumulative` chunks that are acknowledged for good.
  SackOutcome Sack(uint32_t cumulative, const std::vector<std::pair<uint32_t, uint32_t>>& gaps = {}) {
    std::vector<uint8_t> blocks(4 * gaps.size());
    for (size_t i = 0; i < gaps.size(); i++) {
      Store16(&blocks[4 * i], gaps[i].first);
      Store16(&blocks[4 * i + 2], gaps[i].second);
    }
    ++sacks;
    sack_words += gaps.size();
    return outbound.OnSack({kFirstTsn + cumulative - 1, 1 << 20, blocks}, 0, paths);
  }
  // Sends the lost chunks again.
  size_t Retransmit() {
    std::vector<uint8_t> chunk(64);
    size_t count = 0;
    for (; outbound.NextRetransmissionBytes() != 0; count++) outbound.WriteRetransmission(paths, path, 0, chunk.data());
    return count;
  }
  // A few steps for each SACK, gap block and chunk.
  uint64_t Allowed() const { return 6 * (sacks + sack_words + kChunks); }

  Outbound outbound{pool};
  uint64_t sacks = 0, sack_words = 0;
};

TEST("one missing chunk, with a SACK of its own for each later one, costs bounded work") {
  Sending s;
  for (uint32_t last = 2; last <= kChunks; last++) {
    s.Sack(0, {{2, last}});
    s.Retransmit();
  }
  EXPECT_TRUE(s.outbound.work() <= s.Allowed());
  EXPECT_TRUE(s.Sack(kChunks).cumulative_advanced);
  EXPECT_TRUE(s.outbound.empty());
  EXPECT_EQ(s.path.flight_bytes, 0u);
}

TEST("chunks that are acknowledged from the last to the first cost bounded work") {
  Sending s;
  for (uint32_t first = kChunks; first >= 2; first--) {
    s.Sack(0, {{first, kChunks}});
    s.Retransmit();
  }
  EXPECT_TRUE(s.outbound.work() <= s.Allowed());
}

TEST("chunks that small SACKs acknowledge, first every other one and then those between, cost bounded work") {
  Sending s;
  std::vector<std::pair<uint32_t, uint32_t>> gaps;
  for (uint32_t i = 0; i < 300; i++) {
    gaps.push_back({2 + 2 * i, 2 + 2 * i});
    s.Sack(0, gaps);
    s.Retransmit();
  }
  for (uint32_t i = 0; i < 300; i++) {
    s.Sack(0, {{2, 600}});
    s.Retransmit();
  }
  EXPECT_TRUE(s.outbound.work() <= s.Allowed());
}

// In turn, the peer acknowledges all chunks but the first, and takes all of this back.
TEST("chunks that are taken back again and again are looked at as often as chunks were acknowledged for good, and sent again when T3 has expired") {
  Sending s;
  for (int round = 0; round < 500; round++) {
    s.Sack(0, {{2, kChunks}});
    s.Sack(0);
    s.Retransmit();
  }
  EXPECT_TRUE(s.outbound.work() <= s.Allowed());
  s.outbound.MarkAllLost(s.paths, s.path);
  EXPECT_EQ(s.path.flight_bytes, 0u);
  EXPECT_EQ(s.Retransmit(), kChunks);
  EXPECT_EQ(s.path.flight_bytes, kChunks);
  EXPECT_TRUE(s.Sack(kChunks).cumulative_advanced);
  EXPECT_EQ(s.path.flight_bytes, 0u);
}

TEST("losses found from the last to the first cost no search for the next one to send") {
  Sending s;
  s.outbound.MarkAllLost(s.paths, s.path);
  std::vector<uint8_t> chunk(64);
  const uint64_t before = s.outbound.work();
  uint32_t i = 0;
  for (; s.outbound.NextRetransmissionBytes() != 0; i++) {
    s.outbound.WriteRetransmission(s.paths, s.path, 0, chunk.data());
    EXPECT_EQ(Load32(&chunk[4]), kFirstTsn + i);
    s.Sack(0, {{kChunks - i / 2, kChunks}});
  }
  EXPECT_TRUE(i > kChunks / 2);
  EXPECT_TRUE(s.outbound.work() - before <= s.Allowed());
}

// The sending side against a plain list of chunks in flight, acknowledged and lost.
TEST("whatever SACKs say in whatever order, bytes in flight and chunks to be sent again are what a plain list makes of them") {
  enum State { kInFlight, kAcknowledged, kLost };
  for (const uint64_t seed : check::Seeds(60)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    test::OnePath one(1452);
    PathSet& paths = one.paths;
    Path& path = one.path;
    Outbound outbound(one.pool);
    outbound.Reset(kFirstTsn, 1 << 30);
    Nobody nobody;
    std::vector<uint8_t> chunk(64);
    std::vector<State> model;  // From the first outstanding chunk on.
    uint32_t cumulative = 0;
    size_t released = 0;
    for (int step = 0; step < 300; step++) {
      const uint64_t what = random.Below(10);
      if (what < 4) {
        for (uint64_t i = random.Below(30); i > 0; i--) {
          outbound.Push({.assoc_id = 3}, std::vector<uint8_t>(1, 'x'), 0);
          outbound.NextNewBytes(1000, 0, nobody, &released);
          outbound.WriteNew(1, true, 0, path, chunk.data());
          model.push_back(kInFlight);
        }
      } else if (what == 4) {
        for (uint64_t i = random.Below(10); i > 0 && outbound.NextRetransmissionBytes() != 0; i--) {
          outbound.WriteRetransmission(paths, path, 0, chunk.data());
          const auto lost = std::find(model.begin(), model.end(), kLost);
          REQUIRE(lost != model.end());
          REQUIRE(Load32(&chunk[4]) == kFirstTsn + cumulative + static_cast<uint32_t>(lost - model.begin()));
          *lost = kInFlight;
        }
      } else if (what == 5) {
        outbound.MarkAllLost(paths, path);
        for (State& state : model)
          if (state == kInFlight) state = kLost;
      } else {
        const auto popped = static_cast<uint32_t>(random.Below(std::min<uint64_t>(model.size(), 20) + 1));
        cumulative += popped;
        model.erase(model.begin(), model.begin() + popped);
        std::vector<uint8_t> blocks;
        std::vector<bool> named(model.size(), false);
        uint64_t at = 1;
        for (uint64_t i = random.Below(5); i > 0; i--) {
          const uint64_t first = at + 1 + random.Below(20), last = first + random.Below(20);
          if (last > model.size()) break;  // Never sent: the whole SACK would count for nothing.
          const size_t place = blocks.size();
          blocks.resize(place + 4);
          Store16(&blocks[place], static_cast<uint32_t>(first));
          Store16(&blocks[place + 2], static_cast<uint32_t>(last));
          for (uint64_t n = first; n <= last; n++) named[n - 1] = true;
          at = last + 1;
        }
        REQUIRE(outbound.OnSack({kFirstTsn + cumulative - 1, 1 << 20, blocks}, 0, paths).valid);
        for (size_t i = 0; i < model.size(); i++) {
          if (named[i]) model[i] = kAcknowledged;
          else if (model[i] == kAcknowledged) model[i] = kInFlight;
        }
        // The engine alone finds losses by reports. Such losses show as fewer bytes in flight; then both sides mark all chunks in flight as lost.
        size_t in_flight = static_cast<size_t>(std::count(model.begin(), model.end(), kInFlight));
        REQUIRE(path.flight_bytes <= in_flight);
        if (path.flight_bytes < in_flight) {
          outbound.MarkAllLost(paths, path);
          for (State& state : model)
            if (state == kInFlight) state = kLost;
        }
      }
      REQUIRE(path.flight_bytes == static_cast<size_t>(std::count(model.begin(), model.end(), kInFlight)));
      REQUIRE(outbound.outstanding_chunks() == model.size());
      REQUIRE((outbound.NextRetransmissionBytes() != 0) == (std::find(model.begin(), model.end(), kLost) != model.end()));
    }
  }
}

TEST("a set of chunks finds the next one as a sorted set does, as numbers go up and it grows") {
  for (const uint64_t seed : check::Seeds(50)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    ChunkSet chunks;
    std::set<uint64_t> model;
    uint64_t first = random.Below(1000), end = first;
    for (int step = 0; step < 2000; step++) {
      switch (random.Below(4)) {
        case 0: {
          end += random.Below(random.Chance(0.02) ? 10'000 : 40);
          chunks.Reserve(first, end);
          break;
        }
        case 1:
          for (const uint64_t until = std::min(end, first + random.Below(random.Chance(0.02) ? 10'000 : 40)); first < until; first++) {
            if (model.erase(first) != 0) chunks.Erase(first);
          }
          break;
        case 2:
          if (first < end) {
            const uint64_t number = first + random.Below(end - first);
            chunks.Insert(number);
            model.insert(number);
          }
          break;
        default:
          if (first < end) {
            const uint64_t number = first + random.Below(end - first);
            chunks.Erase(number);
            model.erase(number);
          }
      }
      REQUIRE(chunks.size() == model.size());
      if (first == end) continue;
      const uint64_t from = first + random.Below(end - first), until = from + random.Below(end - from + 1);
      const auto found = model.lower_bound(from);
      REQUIRE(chunks.Next(from, until) == (found == model.end() ? until : std::min(*found, until)));
      REQUIRE(chunks.Contains(from) == (model.count(from) != 0));
    }
  }
}

TEST("a set of chunks has room for 64 numbers in itself, takes a bit for each of more, a word for 64 of them and so on, and gives it all back once it is empty") {
  ChunkSet chunks;
  EXPECT_EQ(chunks.memory_bytes(), 0u);
  for (const auto& [numbers, words] : {std::pair<uint64_t, size_t>{1, 0}, {64, 0}, {65, 2 + 1}, {4096, 64 + 1}, {4097, 128 + 2 + 1}}) {
    chunks.Reserve(1000, 1000 + numbers);
    EXPECT_EQ(chunks.memory_bytes(), 8 * words);
  }
  chunks.Insert(1005);
  chunks.Trim();
  EXPECT_TRUE(chunks.Contains(1005));
  chunks.Erase(1005);
  chunks.Trim();
  EXPECT_EQ(chunks.memory_bytes(), 0u);
  chunks.Reserve(2000, 2001);
  EXPECT_FALSE(chunks.Contains(2000));
  EXPECT_EQ(chunks.memory_bytes(), 0u);
}

}  // namespace
}  // namespace mailport::sctp
