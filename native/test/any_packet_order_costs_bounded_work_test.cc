// A peer chooses the order of its packets. Fragments sent last first used to be copied once for each fragment that came before them: 3.9 MB in 2,728
// packets took 48 s. In any order, receiving now costs a bounded amount of work for each byte and chunk.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "check.h"
#include "rx/inbound.h"
#include "random.h"
#include "packet/wire.h"

namespace mailport::sctp {
namespace {

using test::Random;

struct Reader : InboundSink {
  bool OnMessage(const InboundMessage& message, Bytes payload, std::vector<uint8_t>*) override {
    messages.push_back(message);
    payloads.emplace_back(payload.begin(), payload.end());
    return true;
  }
  bool IsReading() const override { return true; }
  void OnStuck() override {}
  size_t HoldLimit() const override { return SIZE_MAX; }
  bool MayOutgrowLimit(size_t) const override { return true; }

  std::vector<InboundMessage> messages;
  std::vector<std::vector<uint8_t>> payloads;
};

constexpr uint32_t kFirstTsn = 0xfffff000;  // The TSNs wrap on the way.
const std::vector<uint8_t> kByte(1, 'x');

struct Receiving {
  explicit Receiving(uint16_t streams = 16, size_t window = size_t{1} << 30) {
    inbound.SetWindow(window);
    inbound.Reset(kFirstTsn, streams);
  }
  DataResult Data(uint32_t number, Bytes payload, uint8_t flags, uint16_t stream = 0, uint16_t ssn = 0) {
    DataChunk chunk;
    chunk.tsn = kFirstTsn + number;
    chunk.stream = stream;
    chunk.ssn = ssn;
    chunk.flags = flags;
    chunk.payload = payload;
    return inbound.OnData(chunk);
  }

  Reader reader;
  Inbound::Pool pool;
  Inbound inbound{reader, pool};
};

enum class Order { kForward, kBackward, kOddThenEven, kPairsBackward, kOutsideIn, kShuffled };
constexpr Order kOrders[] = {Order::kForward, Order::kBackward, Order::kOddThenEven, Order::kPairsBackward, Order::kOutsideIn, Order::kShuffled};

std::vector<uint32_t> Numbers(uint32_t count, Order order) {
  std::vector<uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0u);
  switch (order) {
    case Order::kForward:
      break;
    case Order::kBackward:
      std::reverse(numbers.begin(), numbers.end());
      break;
    case Order::kOddThenEven:
      std::stable_partition(numbers.begin(), numbers.end(), [](uint32_t n) { return n % 2 == 1; });
      break;
    case Order::kPairsBackward:
      std::reverse(numbers.begin(), numbers.end());
      for (size_t i = 0; i + 1 < count; i += 2) std::swap(numbers[i], numbers[i + 1]);
      break;
    case Order::kOutsideIn:
      for (uint32_t i = 0; i < count; i++) numbers[i] = i % 2 == 0 ? count - 1 - i / 2 : i / 2;
      break;
    case Order::kShuffled: {
      Random random(5);
      for (uint32_t i = count; i > 1; i--) std::swap(numbers[i - 1], numbers[random.Below(i)]);
      break;
    }
  }
  return numbers;
}

uint8_t FlagsOf(uint32_t number, uint32_t count) {
  return static_cast<uint8_t>((number == 0 ? kDataBegin : 0) | (number + 1 == count ? kDataEnd : 0));
}

TEST("a message whose fragments come in any order is put together with each byte copied a few times at most") {
  for (const size_t size : {size_t{1}, size_t{300}, size_t{1400}, size_t{20'000}}) {
    for (const Order order : kOrders) {
      check::Note("size " + std::to_string(size) + ", order " + std::to_string(static_cast<int>(order)));
      constexpr uint32_t kCount = 3000;
      Receiving r;
      for (const uint32_t number : Numbers(kCount, order)) {
        const std::vector<uint8_t> payload(size, static_cast<uint8_t>(number));
        REQUIRE(r.Data(number, payload, FlagsOf(number, kCount)) == DataResult::kAccepted);
      }
      REQUIRE(r.reader.payloads.size() == 1);
      const std::vector<uint8_t>& whole = r.reader.payloads[0];
      REQUIRE(whole.size() == kCount * size);
      for (uint32_t number = 0; number < kCount; number++) REQUIRE(whole[number * size] == static_cast<uint8_t>(number));
      EXPECT_EQ(r.reader.messages[0].tsn, kFirstTsn);
      // Each byte is copied on its way in, when its piece grows, and when the message is whole. Each chunk costs some words of the map.
      EXPECT_TRUE(r.inbound.work() <= 4 * kCount * size + 8 * kCount);
      EXPECT_EQ(r.inbound.held_bytes(), 0u);
    }
  }
}

// A message that has outgrown its window takes in the fragments that came before their turn, in small pieces.
TEST("a message beyond its window is put together with each byte copied a few times at most, too") {
  constexpr uint32_t kCount = 20'000;
  constexpr size_t kSize = 100;
  constexpr uint32_t kBehind = 50;  // Fragments that come ahead of the one they wait for.
  Receiving r(1, 64 * 1024);
  for (uint32_t first = 0; first < kCount; first += kBehind) {
    for (uint32_t i = 0; i < kBehind; i++) {
      const uint32_t number = first + (i + 1) % kBehind;
      REQUIRE(r.Data(number, std::vector<uint8_t>(kSize, 'x'), FlagsOf(number, kCount)) == DataResult::kAccepted);
    }
    std::vector<uint8_t> sack(r.inbound.SackBytes(1000));
    r.inbound.WriteSack(sack.data(), sack.size());
  }
  REQUIRE(r.reader.payloads.size() == 1);
  EXPECT_EQ(r.reader.payloads[0].size(), kCount * kSize);
  EXPECT_TRUE(r.inbound.work() <= 5 * kCount * kSize);
}

TEST("whole messages in any order, on many streams, cost a few words each") {
  for (const Order order : kOrders) {
    check::Note("order " + std::to_string(static_cast<int>(order)));
    constexpr uint32_t kCount = 60'000;
    constexpr uint32_t kStreams = 16;
    Receiving r(kStreams);
    for (const uint32_t number : Numbers(kCount, order)) {
      const auto ssn = static_cast<uint16_t>(number / kStreams);
      REQUIRE(r.Data(number, kByte, kDataBegin | kDataEnd, number % kStreams, ssn) == DataResult::kAccepted);
    }
    EXPECT_EQ(r.reader.messages.size(), kCount);
    std::vector<uint16_t> next(kStreams, 0);
    for (const InboundMessage& message : r.reader.messages) REQUIRE(message.ssn == next[message.stream]++);
    EXPECT_TRUE(r.inbound.work() <= 8 * kCount);
    EXPECT_EQ(r.inbound.held_bytes(), 0u);
  }
}

// The map against a set, with everything that can be asked of it.
TEST("TSNs that have come: the map says what a list of them says") {
  for (const uint64_t seed : check::Seeds(12)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    constexpr uint64_t kBase = uint64_t{1} << 32;
    const uint64_t reach = uint64_t{1} << (2 + random.Below(14));
    TsnMap map;
    map.Reset(kBase);
    std::vector<bool> come(200'000, false);
    uint64_t cumulative = 0;
    for (int step = 0; step < 3000; step++) {
      const uint64_t at = cumulative + 1 + (random.Chance(0.3) ? 0 : random.Below(std::min<uint64_t>(reach, TsnMap::kReach)));
      REQUIRE(map.Seen(kBase + at) == come[at]);
      if (come[at]) continue;
      map.Record(kBase + at);
      come[at] = true;
      while (come[cumulative + 1]) ++cumulative;
      REQUIRE(map.cumulative() == kBase + cumulative);
      if (random.Chance(0.02)) map.Trim();
      if (step % 100 != 0) continue;
      std::vector<uint8_t> expected;
      size_t missing = 0, hole = 0;
      for (uint64_t i = cumulative + 1; i <= cumulative + reach + 1; i++) {
        if (!come[i]) {
          ++hole;
          continue;
        }
        missing += std::exchange(hole, 0);
        const size_t place = expected.size();
        if (!come[i - 1]) {
          expected.resize(place + 4);
          Store16(&expected[place], static_cast<uint32_t>(i - cumulative));
        }
        Store16(&expected[expected.size() - 2], static_cast<uint32_t>(i - cumulative));
      }
      REQUIRE(map.missing() == missing);
      REQUIRE(map.blocks() * 4 == expected.size());
      std::vector<uint8_t> written(expected.size());
      REQUIRE(map.WriteBlocks(written.data(), SIZE_MAX) == map.blocks());
      REQUIRE(written == expected);
      REQUIRE(map.HasGaps() == !expected.empty());
    }
  }
}

// A first fragment followed by a whole message used to be held for ever and narrowed the window, although nothing can complete such a message.
TEST("a message with a hole that nothing can fill any more ends the association") {
  const std::vector<uint8_t> payload(100, 'x');
  constexpr uint8_t kWhole = kDataBegin | kDataEnd;
  struct Case {
    const char* what;
    uint8_t first, second;
    uint16_t second_stream = 0, second_ssn = 0;
  };
  constexpr uint16_t kNoStream = 99;
  for (const Case& c : {Case{"a whole message after a first fragment", kDataBegin, kWhole, 1},
                        Case{"another message begins after a first fragment", kDataBegin, kDataBegin, 1},
                        Case{"a middle fragment after a whole message", kWhole, 0, 0, 1}, Case{"a last fragment after a last one", kDataEnd, kDataEnd},
                        Case{"a middle fragment of another stream", kDataBegin, 0, 1}, Case{"a middle fragment of another message", kDataBegin, 0, 0, 1},
                        Case{"a stream that there is not, after a first fragment", kDataBegin, kWhole, kNoStream},
                        Case{"a whole unordered message after a first fragment", kDataBegin, kWhole | kDataUnordered}}) {
    for (const bool backward : {false, true}) {
      check::Note(std::string(c.what) + (backward ? ", the later first" : ""));
      Receiving r;
      // TSN 0 is a whole message, except where the first chunk is a last fragment: TSN 0 may belong to that message and has not come.
      if (c.first != kDataEnd) {
        REQUIRE(r.Data(0, payload, kWhole, 2) == DataResult::kAccepted);
      }
      const auto first = [&] { return r.Data(1, payload, c.first); };
      const auto second = [&] { return r.Data(2, payload, c.second, c.second_stream, c.second_ssn); };
      const DataResult earlier = backward ? second() : first();
      EXPECT_TRUE(earlier == DataResult::kAccepted || (backward && earlier == DataResult::kBadStream));
      EXPECT_TRUE((backward ? first() : second()) == DataResult::kMalformed);
    }
  }
}

TEST("a middle fragment as the very first chunk, or next to what is long past, ends it too") {
  const std::vector<uint8_t> payload(100, 'x');
  Receiving first;
  EXPECT_TRUE(first.Data(0, payload, 0) == DataResult::kMalformed);
  Receiving later;
  for (uint32_t i = 0; i < 10; i++) REQUIRE(later.Data(i, payload, kDataBegin | kDataEnd, 0, static_cast<uint16_t>(i)) == DataResult::kAccepted);
  EXPECT_TRUE(later.Data(10, payload, kDataEnd, 0, 10) == DataResult::kMalformed);
}

TEST("a message whose turn can never come ends the association") {
  constexpr uint8_t kWhole = kDataBegin | kDataEnd;
  Receiving r;
  EXPECT_TRUE(r.Data(0, kByte, kWhole, 0, 1) == DataResult::kMalformed);
  // A message waits while a gap or an unfinished message may hold the message before it.
  Receiving waits;
  EXPECT_TRUE(waits.Data(2, kByte, kWhole, 0, 1) == DataResult::kAccepted);
  EXPECT_TRUE(waits.Data(0, kByte, kWhole, 1, 0) == DataResult::kAccepted);
  EXPECT_TRUE(waits.Data(1, kByte, kWhole, 0, 0) == DataResult::kAccepted);
  EXPECT_EQ(waits.reader.messages.size(), 3u);
  Receiving unfinished;
  EXPECT_TRUE(unfinished.Data(1, kByte, kWhole, 0, 1) == DataResult::kAccepted);
  EXPECT_TRUE(unfinished.Data(0, kByte, kWhole, 1, 0) == DataResult::kMalformed);
}

// One byte on stream 65534 used to take 128 KiB, which were in no window and no sum.
TEST("the cost of a stream does not depend on its number, and can be read") {
  Receiving r(65535);
  REQUIRE(r.Data(0, kByte, kDataBegin | kDataEnd, 65534) == DataResult::kAccepted);
  EXPECT_TRUE(r.inbound.table_bytes() > 0 && r.inbound.table_bytes() < 4096);
  for (uint32_t i = 1; i < 65535; i++) {
    const auto stream = static_cast<uint16_t>(i * 7919 % 65535);
    if (stream == 65534) continue;
    REQUIRE(r.Data(static_cast<uint32_t>(r.reader.messages.size()), kByte, kDataBegin | kDataEnd, stream) == DataResult::kAccepted);
  }
  EXPECT_TRUE(r.inbound.table_bytes() >= 2 * 65535 && r.inbound.table_bytes() < 4 * 2 * 65535);
  // Each stream has its own number.
  EXPECT_TRUE(r.Data(static_cast<uint32_t>(r.reader.messages.size()), kByte, kDataBegin | kDataEnd, 65534, 1) == DataResult::kAccepted);
  EXPECT_EQ(r.reader.messages.back().ssn, 1u);
}

TEST("large messages that nobody reads are held to one and a half windows, tiny ones to four with all they cost") {
  struct Asleep : InboundSink {
    bool OnMessage(const InboundMessage&, Bytes, std::vector<uint8_t>*) override { return false; }
    bool IsReading() const override { return false; }
    void OnStuck() override {}
    size_t HoldLimit() const override { return SIZE_MAX; }
    bool MayOutgrowLimit(size_t) const override { return true; }
  };
  constexpr size_t kWindow = 128 * 1024;
  for (const size_t size : {size_t{1}, size_t{50}, size_t{1000}, size_t{8000}}) {
    for (const bool hole : {false, true}) {
      check::Note("size " + std::to_string(size) + (hole ? ", behind a hole" : ""));
      Asleep asleep;
      Inbound::Pool pool;
      Inbound inbound(asleep, pool);
      inbound.SetWindow(kWindow);
      inbound.Reset(kFirstTsn, 1);
      const std::vector<uint8_t> payload(size, 'x');
      size_t taken = 0;
      const auto send = [&](uint32_t number) {
        DataChunk chunk{kFirstTsn + number, 0, static_cast<uint16_t>(number), 0, kDataBegin | kDataEnd, payload};
        if (inbound.OnData(chunk) == DataResult::kAccepted) taken += size;
      };
      if (hole) send(60'000);  // All other chunks fill a gap then.
      for (uint32_t number = hole ? 1 : 0; number < 60'000; number++) send(number);
      EXPECT_TRUE(taken <= kWindow * 3 / 2 + size);
      EXPECT_TRUE(inbound.held_bytes() <= 4 * kWindow + 2 * size + 256);
      EXPECT_TRUE(inbound.held_bytes() >= kWindow);
    }
  }
}

}  // namespace
}  // namespace mailport::sctp
