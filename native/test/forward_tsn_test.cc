// RFC 3758 section 3.6: what a FORWARD TSN does to the receiving side. The peer is the test.
#include <set>
#include <string>

#include "check.h"
#include "packet/wire.h"
#include "random.h"
#include "rx/inbound.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kTsn = 0xfffffff0;  // The numbers wrap in the middle.
constexpr uint8_t kWhole = kDataBegin | kDataEnd;

struct Reader : InboundSink {
  bool OnMessage(const InboundMessage& message, Bytes payload, std::vector<uint8_t>*) override {
    told += (told.empty() ? "" : " ") + std::to_string(message.stream) + (message.unordered ? "u" : "." + std::to_string(message.ssn)) + "=" +
            std::string(payload.begin(), payload.end());
    return true;
  }
  bool IsReading() const override { return true; }
  size_t HoldLimit() const override { return SIZE_MAX; }
  bool MayOutgrowLimit(size_t) const override { return true; }
  void OnStuck() override {}
  std::string Told() { return std::exchange(told, {}); }
  std::string told;
};

struct Receiver {
  explicit Receiver(uint16_t streams = 10) {
    in.SetWindow(100'000);
    in.Reset(kTsn, streams, true);
  }
  // TSNs as offsets from the first one.
  DataResult Data(uint32_t tsn, uint16_t stream, uint16_t ssn, const std::string& text, uint8_t flags = kWhole) {
    return in.OnData({kTsn + tsn, stream, ssn, 0, flags, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}});
  }
  bool Forward(uint32_t tsn, std::initializer_list<SkippedStream> skipped = {}) {
    std::vector<uint8_t> bytes(kForwardTsnHeaderBytes + SkippedStreamBytes(false) * skipped.size());
    WriteForwardTsn(kTsn + tsn, {skipped.begin(), skipped.end()}, bytes.data());
    ForwardTsnChunk forward;
    REQUIRE(ParseForwardTsn({bytes[0], bytes[1], bytes}, &forward));
    return in.OnForwardTsn(forward);
  }
  uint32_t cumulative() const { return in.cumulative_tsn() - kTsn; }

  Reader reader;
  Inbound::Pool pool;
  Inbound in{reader, pool};
};

TEST("RFC 3758 §3.6: the cumulative TSN moves to the new one, and on over what has come behind it") {
  Receiver r;
  for (const uint32_t tsn : {0u, 2u, 3u, 5u}) r.Data(tsn, 0, 0, "x", kWhole | kDataUnordered);
  EXPECT_EQ(r.cumulative(), 0u);
  EXPECT_TRUE(r.Forward(1));
  EXPECT_EQ(r.cumulative(), 3u);
  EXPECT_TRUE(r.in.HasGaps());
  EXPECT_TRUE(r.Forward(4));
  EXPECT_EQ(r.cumulative(), 5u);
  EXPECT_FALSE(r.in.HasGaps());
  EXPECT_EQ(r.in.missing_chunks(), 0u);
}

TEST("a FORWARD TSN at or behind the cumulative TSN changes nothing") {
  Receiver r;
  r.Data(0, 0, 0, "a");
  r.Data(3, 1, 1, "kept");
  r.reader.Told();
  EXPECT_FALSE(r.Forward(0, {{1, 1}}));
  EXPECT_FALSE(r.Forward(static_cast<uint32_t>(-5), {{1, 1}}));
  EXPECT_FALSE(r.Forward(0x80000000, {{1, 1}}));
  EXPECT_EQ(r.cumulative(), 0u);
  EXPECT_EQ(r.reader.Told(), "");
}

TEST("a skipped TSN that comes late is a duplicate") {
  Receiver r;
  EXPECT_TRUE(r.Forward(4, {{0, 4}}));
  EXPECT_TRUE(r.Data(2, 0, 2, "late") == DataResult::kDuplicate);
  EXPECT_TRUE(r.in.HasDuplicates());
  EXPECT_TRUE(r.Data(5, 0, 5, "next") == DataResult::kAccepted);
  EXPECT_EQ(r.reader.Told(), "0.5=next");
}

TEST("kept messages up to the listed number are delivered, in order, and those behind it that are due; other streams wait on") {
  Receiver r;
  r.Data(1, 4, 1, "b");
  r.Data(3, 4, 3, "d");
  r.Data(4, 4, 4, "e");
  r.Data(6, 4, 6, "g");
  r.Data(7, 5, 1, "other");
  EXPECT_EQ(r.reader.Told(), "");
  EXPECT_TRUE(r.Forward(2, {{4, 2}}));
  EXPECT_EQ(r.reader.Told(), "4.1=b 4.3=d 4.4=e");
  EXPECT_EQ(r.cumulative(), 4u);
  EXPECT_TRUE(r.Forward(5, {{4, 5}, {5, 0}}));
  EXPECT_EQ(r.reader.Told(), "4.6=g 5.1=other");
  EXPECT_EQ(r.in.held_bytes(), 0u);
}

TEST("numbers of streams wrap; a listed number that the stream has passed does nothing; a stream that is not there is ignored") {
  Receiver r;
  EXPECT_TRUE(r.Forward(0, {{3, 0x7000}}));
  EXPECT_TRUE(r.Forward(1, {{3, 0xe000}}));
  EXPECT_TRUE(r.Forward(2, {{3, 0xfffe}}));
  r.Data(5, 3, 1, "one");
  r.Data(4, 3, 0, "zero");
  EXPECT_TRUE(r.Forward(3, {{3, 0}, {10, 7}, {65535, 1}}));
  EXPECT_EQ(r.reader.Told(), "3.0=zero 3.1=one");
  EXPECT_TRUE(r.Forward(6, {{3, 0xfff0}}));
  r.Data(7, 3, 2, "two");
  EXPECT_EQ(r.reader.Told(), "3.2=two");
}

TEST("fragments of a message that is given up are dropped, those that come later too, and nothing is held") {
  Receiver r;
  r.Data(1, 0, 0, "middle", 0);
  r.Data(4, 1, 0, "begin", kDataBegin);
  EXPECT_TRUE(r.in.held_bytes() > 0);
  EXPECT_TRUE(r.Forward(2, {{0, 0}}));  // In the middle of the message, as a sender without room for more might do.
  EXPECT_TRUE(r.Data(3, 0, 0, "end", kDataEnd) == DataResult::kAccepted);
  r.Data(5, 1, 0, "end", kDataEnd);
  EXPECT_EQ(r.reader.Told(), "1.0=beginend");
  EXPECT_EQ(r.in.held_bytes(), 0u);
  EXPECT_EQ(r.cumulative(), 5u);
}

TEST("a run that reaches behind the new TSN goes whole, as its message has been given up; messages behind it stay") {
  Receiver r;
  r.Data(1, 0, 0, "b", kDataBegin);
  r.Data(2, 0, 0, "m", 0);
  r.Data(4, 0, 1, "B", kDataBegin);
  EXPECT_TRUE(r.Forward(1, {{0, 0}}));
  EXPECT_EQ(r.cumulative(), 2u);
  r.Data(3, 0, 0, "e", kDataEnd);
  r.Data(5, 0, 1, "E", kDataEnd);
  EXPECT_EQ(r.reader.Told(), "0.1=BE");
  EXPECT_EQ(r.in.held_bytes(), 0u);
}

// A sender that gives a message up may never send its end: the next message then begins where this one would have gone on.
TEST("a message that begins where another would have gone on is taken") {
  Receiver r;
  r.Data(0, 0, 0, "begin", kDataBegin);
  EXPECT_TRUE(r.Data(1, 0, 1, "next") == DataResult::kAccepted);
  EXPECT_EQ(r.reader.Told(), "");
  EXPECT_TRUE(r.Data(2, 1, 0, "B", kDataBegin) == DataResult::kAccepted);
  EXPECT_TRUE(r.Forward(3, {{0, 0}, {1, 0}}));
  EXPECT_EQ(r.reader.Told(), "0.1=next");
  EXPECT_EQ(r.in.held_bytes(), 0u);
}

TEST("a message that fills the window goes on when a FORWARD TSN makes it the first one") {
  Receiver r;
  r.in.SetWindow(1000);
  r.Data(1, 0, 1, std::string(600, 'x'), kDataBegin);
  EXPECT_EQ(r.in.exempt_bytes(), 0u);
  EXPECT_TRUE(r.Forward(0, {{0, 0}}));
  EXPECT_EQ(r.in.exempt_bytes(), 600u);
  EXPECT_TRUE(r.Forward(2, {{0, 1}}));
  EXPECT_EQ(r.in.exempt_bytes(), 0u);
}

TEST("without an owner a FORWARD TSN only moves the TSN") {
  Receiver r;
  r.in.Discard();
  EXPECT_TRUE(r.Forward(1000, {{0, 5}}));
  EXPECT_EQ(r.cumulative(), 1000u);
}

TEST("a FORWARD TSN that is too short, or whose last entry is cut, is none") {
  std::vector<uint8_t> bytes(16);
  WriteForwardTsn(7, std::vector<SkippedStream>{{1, 2}, {3, 4}}, bytes.data());
  for (size_t length = kChunkHeaderBytes; length <= bytes.size(); ++length) {
    const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length));
    ForwardTsnChunk forward;
    const bool whole = ParseForwardTsn({cut[0], cut[1], cut}, &forward);
    EXPECT_EQ(whole, length == 8 || length == 12 || length == 16);
    if (whole) EXPECT_EQ(forward.streams(), (length - 8) / 4);
  }
}

// Any order of records and skips against a set of numbers.
TEST("the map of TSNs agrees with a set, whatever is recorded and skipped") {
  for (const uint64_t seed : check::Seeds(60)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    TsnMap map;
    const uint64_t base = 1000 + random.Below(64);
    map.Reset(base);
    uint64_t cumulative = base;
    std::set<uint64_t> beyond;
    const auto settle = [&] {
      beyond.erase(beyond.begin(), beyond.upper_bound(cumulative));
      while (!beyond.empty() && *beyond.begin() == cumulative + 1) cumulative = *beyond.begin(), beyond.erase(beyond.begin());
    };
    const uint64_t reach = random.Chance(0.1) ? 1000 : 2 + random.Below(150);
    for (int step = 0; step < 300; ++step) {
      const uint64_t at = cumulative + 1 + random.Below(reach);
      if (random.Chance(0.9)) {
        if (map.Seen(at)) continue;
        map.Record(at);
        beyond.insert(at);
      } else {
        map.SkipTo(at);
        cumulative = at;
      }
      settle();
      size_t blocks = 0;
      for (const uint64_t each : beyond) blocks += !beyond.contains(each - 1);
      EXPECT_EQ(map.cumulative(), cumulative);
      EXPECT_EQ(map.blocks(), blocks);
      EXPECT_EQ(map.HasGaps(), !beyond.empty());
      EXPECT_EQ(map.missing(), beyond.empty() ? 0 : *beyond.rbegin() - cumulative - beyond.size());
      if (step % 8 != 0) continue;
      for (uint64_t each = cumulative; each < cumulative + reach + 70; ++each)
        if (!EXPECT_EQ(map.Seen(each), each <= cumulative || beyond.contains(each))) return;
      if (random.Chance(0.05)) map.Trim();
    }
  }
}

// Figures: looks at 64 TSNs each, per FORWARD TSN, whatever the peer had sent before.
TEST("a flood of FORWARD TSNs over the whole reach costs no more than recording what they skip") {
  TsnMap map;
  map.Reset(1000);
  for (uint64_t tsn = 1002; tsn < 1000 + TsnMap::kReach; tsn += 2) map.Record(tsn);
  const uint64_t recorded = map.work();
  uint64_t skips = 0;
  for (uint64_t tsn = 1001; tsn < 1000 + TsnMap::kReach; tsn += 2, ++skips) map.SkipTo(tsn);
  EXPECT_TRUE(map.work() - recorded <= 8 * skips);
  for (uint64_t tsn = 1000 + TsnMap::kReach; skips < 200'000; ++skips) map.SkipTo(tsn += 1'000'000);
  EXPECT_TRUE(map.work() - recorded <= 8 * skips);
  EXPECT_EQ(map.blocks(), 0u);
}

}  // namespace
}  // namespace mailport::sctp::test
