// The engine's containers against the plain ones of the library, through many random lives: their contents and cost, and that they give their memory back
// and can be used again.
#include <deque>
#include <map>
#include <set>
#include <string>

#include "check.h"
#include "core.h"
#include "lazily.h"
#include "random.h"
#include "ring.h"
#include "rx/tsn_map.h"
#include "shared.h"
#include "stream_table.h"
#include "tx/segments.h"
#include "packet/wire.h"

namespace mailport::sctp::test {
namespace {

// The expected answers of a map of TSNs, from a set of the TSNs beyond the cumulative one.
struct Model {
  uint64_t cumulative = 0;
  std::set<uint64_t> beyond;

  void Record(uint64_t tsn) {
    beyond.insert(tsn);
    while (beyond.contains(cumulative + 1)) beyond.erase(++cumulative);
  }
  std::vector<std::pair<uint64_t, uint64_t>> Blocks() const {
    std::vector<std::pair<uint64_t, uint64_t>> blocks;
    for (const uint64_t tsn : beyond) {
      const uint64_t offset = tsn - cumulative;
      if (!blocks.empty() && blocks.back().second + 1 == offset)
        blocks.back().second = offset;
      else
        blocks.push_back({offset, offset});
    }
    return blocks;
  }
  uint64_t Highest() const { return beyond.empty() ? cumulative : *beyond.rbegin(); }
};

bool Agrees(const TsnMap& map, const Model& model, Random& random) {
  const auto blocks = model.Blocks();
  bool good = EXPECT_EQ(map.cumulative(), model.cumulative) && EXPECT_EQ(map.HasGaps(), !model.beyond.empty()) &&
              EXPECT_EQ(map.blocks(), blocks.size()) &&
              EXPECT_EQ(map.missing(), model.Highest() - model.cumulative - model.beyond.size());
  for (int i = 0; i < 20; ++i) {
    const uint64_t tsn = model.cumulative + random.Below(model.Highest() - model.cumulative + 70);
    good = EXPECT_EQ(map.Seen(tsn), tsn <= model.cumulative || model.beyond.contains(tsn)) && EXPECT_EQ(map.FillsGap(tsn), tsn < model.Highest()) && good;
  }
  const size_t most = random.Chance(0.5) ? blocks.size() + random.Below(2) : random.Below(blocks.size() + 1);
  std::vector<uint8_t> written(4 * most + 1, 0xee);
  good = EXPECT_EQ(map.WriteBlocks(written.data(), most), std::min(most, blocks.size())) && good;
  for (size_t i = 0; i < std::min(most, blocks.size()); ++i)
    good = EXPECT_EQ(Load16(&written[4 * i]), blocks[i].first) && EXPECT_EQ(Load16(&written[4 * i + 2]), blocks[i].second) && good;
  return EXPECT_EQ(written[4 * std::min(most, blocks.size())], 0xee) && good;
}

TEST("a map of TSNs says what a set would, in any order of arrival, near and far, and after each Reset and Trim") {
  for (const uint64_t seed : check::Seeds(12)) {
    Random random(seed);
    TsnMap map;
    for (int life = 0; life < 3; ++life) {
      check::Note("seed " + std::to_string(seed) + " life " + std::to_string(life));
      Model model;
      model.cumulative = random.Below(1u << 20);
      map.Reset(model.cumulative);
      const uint64_t reach = random.Chance(0.2) ? TsnMap::kReach : 2 + random.Below(400);
      for (int step = 0; step < 400; ++step) {
        const uint64_t tsn = random.Chance(0.4) ? model.cumulative + 1 : model.cumulative + 1 + random.Below(reach);
        if (map.Seen(tsn)) continue;
        map.Record(tsn);
        model.Record(tsn);
        if (step % 23 == 0 && !Agrees(map, model, random)) return;
        if (random.Chance(0.02)) map.Trim();
      }
      if (!Agrees(map, model, random)) return;
      // A map that is filled up from the bottom is as good as new, and gives its memory back.
      while (map.HasGaps()) {
        const uint64_t tsn = model.cumulative + 1;
        map.Record(tsn);
        model.Record(tsn);
      }
      if (!Agrees(map, model, random)) return;
      if (life == 1) continue;
      map.Trim();
      EXPECT_EQ(map.memory_bytes(), 0u);
    }
  }
}

TEST("a map of TSNs keeps its memory while there are gaps, and grows to the reach of gap blocks and no further") {
  TsnMap map;
  map.Reset(1000);
  EXPECT_EQ(map.memory_bytes(), 0u);
  map.Record(1001);
  EXPECT_EQ(map.memory_bytes(), 0u);  // TSNs that come in order keep no memory.
  map.Record(1003);
  EXPECT_EQ(map.memory_bytes(), 32u);
  map.Trim();
  EXPECT_EQ(map.memory_bytes(), 32u);
  EXPECT_TRUE(map.Seen(1003));
  map.Record(1001 + 255);
  EXPECT_EQ(map.memory_bytes(), 32u);
  map.Record(1001 + 256);
  EXPECT_EQ(map.memory_bytes(), 64u);
  map.Record(1001 + TsnMap::kReach);
  EXPECT_EQ(map.memory_bytes(), 65536u / 8);
  EXPECT_EQ(map.blocks(), 3u);
  map.Reset(5);
  EXPECT_FALSE(map.HasGaps() || map.Seen(6) || map.Seen(1003));
  EXPECT_EQ(map.blocks() + map.missing(), 0u);
  map.Record(7);
  EXPECT_EQ(map.blocks(), 1u);
  EXPECT_EQ(map.missing(), 1u);
}

// Bytes are read as they were put in, whichever bytes left before them. Bytes that left are not kept.
TEST("segments give each byte back until it leaves, in whichever order bytes leave") {
  for (const uint64_t seed : check::Seeds(30)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    SegmentPool pool;
    Segments segments(pool);
    struct Message {
      uint64_t position;
      std::string bytes;
    };
    std::vector<Message> held;
    uint64_t end = 0;
    size_t most = 0;
    for (int step = 0; step < 400; ++step) {
      std::vector<uint8_t> data(random.Chance(0.1) ? random.Below(20'000) : random.Below(400));
      random.Fill(data);
      EXPECT_EQ(segments.Append(data), end);
      if (!data.empty()) held.push_back({end, std::string(data.begin(), data.end())});
      end += data.size();
      while (!held.empty() && random.Chance(0.5)) {
        const size_t which = random.Below(held.size());
        const auto& [position, bytes] = held[which];
        // The message leaves in two parts, as chunks do.
        const size_t first = random.Below(bytes.size() + 1);
        segments.Release(position + first, bytes.size() - first);
        segments.Release(position, first);
        held.erase(held.begin() + static_cast<ptrdiff_t>(which));
      }
      for (const auto& [position, bytes] : held) {
        const size_t from = random.Below(bytes.size());
        std::vector<uint8_t> out(random.Below(bytes.size() - from + 1));
        segments.Read(position + from, out.size(), out.data());
        if (!EXPECT_TRUE(std::string(out.begin(), out.end()) == bytes.substr(from, out.size()))) return;
      }
      // A message keeps the segments it lies in, and no others.
      size_t allowed = 0;
      for (const auto& [position, bytes] : held) allowed += bytes.size() / SegmentPool::kSegmentBytes + 2;
      EXPECT_TRUE(segments.memory_bytes() <= allowed * SegmentPool::kSegmentBytes);
      most = std::max(most, segments.memory_bytes());
      if (random.Chance(0.02)) {
        segments.Clear();
        held.clear();
      }
      if (random.Chance(0.1)) {
        segments.Trim();
        if (held.empty()) EXPECT_EQ(segments.table_bytes(), 0u);
      }
      if (held.empty()) EXPECT_EQ(segments.memory_bytes(), 0u);
    }
    EXPECT_TRUE(pool.size() * SegmentPool::kSegmentBytes + segments.memory_bytes() >= most);  // Used segments are used again.
  }
}

TEST("a ring of records is first in, first out, by position too, through wrapping, growing, clearing and Trim") {
  for (const uint64_t seed : check::Seeds(30)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    Ring<uint32_t> ring;
    std::deque<uint32_t> model;
    for (uint32_t step = 0; step < 2000; ++step) {
      if (random.Chance(0.52)) {
        ring.push_back(step);
        model.push_back(step);
      } else if (!model.empty()) {
        ring.pop_front();
        model.pop_front();
      }
      if (random.Chance(0.01)) {
        ring.clear();
        model.clear();
      }
      if (random.Chance(0.02)) ring.Trim();
      EXPECT_EQ(ring.size(), model.size());
      EXPECT_EQ(ring.empty(), model.empty());
      if (model.empty()) continue;
      EXPECT_EQ(ring.front(), model.front());
      EXPECT_EQ(ring.back(), model.back());
      const size_t at = random.Below(model.size());
      if (!EXPECT_EQ(ring[at], model[at])) return;
    }
  }
}

TEST("a rate allows its burst at once, then as many as time gives, and never saves up more than a burst") {
  RateLimit limit(2, 5);  // Two a second, five at once.
  TimeUs now = 1'000'000;
  const auto allowed = [&] {
    int count = 0;
    while (limit.Allow(now)) ++count;
    return count;
  };
  EXPECT_EQ(allowed(), 5);
  now += 499'999;
  EXPECT_EQ(allowed(), 0);
  now += 1;
  EXPECT_EQ(allowed(), 1);
  now += 1'500'000;
  EXPECT_EQ(allowed(), 3);
  now += 3'600'000'000;
  EXPECT_EQ(allowed(), 5);
}

// --- Parts that are there when needed

TEST("a table of streams has the first ones in itself, and pages of the others only where they are used") {
  StreamTable<uint16_t> table;
  const auto read = [&] {
    std::map<uint16_t, uint16_t> items;
    table.ForEach([&](uint16_t stream, uint16_t item) {
      if (item != 0) items[stream] = item;
    });
    return items;
  };
  for (uint16_t stream = 0; stream < 4; ++stream) table.At(stream) = static_cast<uint16_t>(stream + 1);
  EXPECT_EQ(table.memory_bytes(), 0u);
  EXPECT_FALSE(table.Has(4));
  std::map<uint16_t, uint16_t> expected{{0, 1}, {1, 2}, {2, 3}, {3, 4}};
  for (const uint16_t stream : {63, 4, 64, 65534, 1000, 65535}) {
    EXPECT_EQ(table.Get(stream), 0u);
    table.At(stream) = stream;
    expected[stream] = stream;
    EXPECT_TRUE(table.Has(stream) && table.Get(stream) == stream);
    EXPECT_TRUE(read() == expected);
  }
  EXPECT_TRUE(table.memory_bytes() > 0);
  table.Clear();
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(table.memory_bytes(), 0u);
}

TEST("who reads a part that is not there sees an empty one, and a copy has a part of its own") {
  Lazily<std::vector<int>> part;
  EXPECT_TRUE(part->empty() && !part.exists());
  part.Make().push_back(1);
  Lazily<std::vector<int>> copy = part;
  copy.Make().push_back(2);
  EXPECT_TRUE(part->size() == 1 && copy->size() == 2);
  part.GiveBack();
  EXPECT_TRUE(part->empty() && !part.exists());
  copy = part;
  EXPECT_FALSE(copy.exists());
}

TEST("a shared value is changed for one owner alone, and is one again where both say the same") {
  Shared<std::vector<int>> first(std::vector<int>{1});
  Shared<std::vector<int>> second = first;
  EXPECT_TRUE(&*first == &*second);
  second.Edit().push_back(2);
  EXPECT_TRUE(first->size() == 1 && second->size() == 2);
  const std::vector<int>* const own = &*second;
  second.Edit().pop_back();
  EXPECT_TRUE(&*second == own && first == second);
  second.Rejoin(first);
  EXPECT_TRUE(&*first == &*second);
  second.Edit()[0] = 3;
  second.Rejoin(first);
  EXPECT_TRUE(first->at(0) == 1 && second->at(0) == 3);
}

}  // namespace
}  // namespace mailport::sctp::test
