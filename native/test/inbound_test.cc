// An association's receiving side by itself: which chunks it takes and which not, to the byte; what it holds and tells; and the SACK that says so.
#include "rx/inbound.h"

#include <string>

#include "check.h"
#include "packet/wire.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kTsn = 0xfffffffe;  // The TSNs wrap on the way.
constexpr size_t kWindow = 10'000;
constexpr size_t kEarly = 144, kQueued = Inbound::kQueuedOverheadBytes, kRunAndPiece = 208;
constexpr uint16_t kStreams = 16;
constexpr uint8_t kWhole = kDataBegin | kDataEnd;

struct Application : InboundSink {
  bool OnMessage(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) override {
    if (owned != nullptr) EXPECT_TRUE(owned->data() == payload.data() && owned->size() == payload.size());
    story += (story.empty() ? "" : " ") + std::to_string(message.tsn - kTsn) + ":" + std::to_string(message.stream) + "," +
             std::to_string(message.ssn) + (message.unordered ? "u" : "") + (owned != nullptr ? "!" : "") + ":" +
             (payload.size() > 20 ? std::to_string(payload.size()) : std::string(payload.begin(), payload.end()));
    return takes;
  }
  bool IsReading() const override { return reading; }
  size_t HoldLimit() const override { return limit; }
  bool MayOutgrowLimit(size_t bytes) const override { return bytes <= room; }
  void OnStuck() override { ++stuck; }

  bool takes = true, reading = true;
  size_t limit = SIZE_MAX, room = SIZE_MAX;
  int stuck = 0;
  std::string story;  // "TSN:stream,SSN:payload", with "!" where the payload may be kept.
};

struct Fixture {
  explicit Fixture(uint32_t tsn = kTsn) {
    in.SetWindow(kWindow);
    in.Reset(tsn, kStreams);
  }
  DataResult Data(uint32_t number, size_t size, uint8_t flags = kWhole, uint16_t stream = 0, uint16_t ssn = 0) {
    return Text(number, std::string(size, 'x'), flags, stream, ssn);
  }
  DataResult Text(uint32_t number, const std::string& text, uint8_t flags = kWhole, uint16_t stream = 0, uint16_t ssn = 0) {
    DataChunk chunk;
    chunk.tsn = kTsn + number, chunk.stream = stream, chunk.ssn = ssn, chunk.ppid = 9, chunk.flags = flags;
    chunk.payload = {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    return in.OnData(chunk);
  }
  // From now on nobody reads, and arriving data is queued.
  void StopReading() { app.takes = app.reading = false; }
  std::vector<uint8_t> Sack(size_t bytes) {
    std::vector<uint8_t> chunk(bytes + 4, 0xee);
    in.WriteSack(chunk.data(), bytes);
    return chunk;
  }
  void Sack() { Sack(in.SackBytes(1000)); }

  Application app;
  Inbound::Pool pool;
  Inbound in{app, pool};
};

using R = DataResult;

TEST("a chunk is taken, known already, out of reach, of no stream, or no part of any message") {
  Fixture f;
  EXPECT_EQ(f.Data(0, 0), R::kMalformed);
  EXPECT_EQ(f.Data(0, 1), R::kAccepted);
  EXPECT_EQ(f.Data(0, 1), R::kDuplicate);
  EXPECT_EQ(f.Data(UINT32_MAX, 1), R::kDuplicate);  // Before the first one.
  EXPECT_EQ(f.Data(static_cast<uint32_t>(TsnMap::kReach) + 1, 1, kWhole, 0, 2), R::kDropped);
  EXPECT_EQ(f.Data(static_cast<uint32_t>(TsnMap::kReach), 1, kWhole, 0, 2), R::kAccepted);
  EXPECT_EQ(f.Data(1, 1, kWhole, kStreams - 1), R::kAccepted);
  EXPECT_EQ(f.Data(2, 1, kWhole, kStreams), R::kBadStream);
  EXPECT_EQ(f.Data(3, 1, kDataBegin, kStreams), R::kBadStream);  // The chunk is acknowledged, but begins no message.
  EXPECT_EQ(f.Data(4, 1, kDataBegin, 1), R::kAccepted);
  EXPECT_EQ(f.Data(5, 1, kDataEnd, kStreams), R::kMalformed);
  EXPECT_EQ(f.Data(7, 1, 0, 1), R::kAccepted);
  EXPECT_EQ(f.Data(6, 1, kDataBegin, kStreams), R::kMalformed);
  EXPECT_EQ(f.in.cumulative_tsn(), kTsn + 4);
  EXPECT_EQ(f.app.story, "0:0,0:x 1:15,0:x");
}

TEST("a TSN from before the first one is known, wherever the numbers begin") {
  for (const uint32_t first : {0u, 1u, 2u, 0x80000000u}) {
    Fixture f(first);
    EXPECT_EQ(f.in.cumulative_tsn(), first - 1);
    for (const uint32_t before : {1u, 1000u, 0x7fffffffu}) {
      const std::vector<uint8_t> byte(1, 'x');
      EXPECT_EQ(f.in.OnData({.tsn = first - before, .flags = kWhole, .payload = byte}), R::kDuplicate);
    }
  }
}

TEST("messages wait for their turn in their stream, unordered ones for nothing, and what waits is counted") {
  Fixture f;
  f.Text(1, "b", kWhole, 1, 1);
  EXPECT_EQ(f.in.held_bytes(), 1 + kEarly);
  f.Text(3, "de", kWhole, 1, 2);
  f.Text(4, "f", kWhole, 2, 0);
  f.Text(5, "g", kWhole | kDataUnordered, 1, 7);
  EXPECT_EQ(f.in.held_bytes(), 3 + 2 * kEarly);
  f.Text(6, "other", kWhole, 1, 2);  // The same number again: the first message counts.
  EXPECT_EQ(f.in.held_bytes(), 3 + 2 * kEarly);
  EXPECT_EQ(f.app.story, "4:2,0:f 5:1,7u:g");
  f.app.story.clear();
  f.Text(0, "a", kWhole, 1, 0);
  EXPECT_EQ(f.app.story, "0:1,0:a 1:1,1!:b 3:1,2!:de");
  EXPECT_EQ(f.in.held_bytes(), 0u);
  EXPECT_EQ(f.in.AdvertisedWindow(), kWindow);
}

TEST("a message of several fragments that waits for its turn is not copied for that") {
  Fixture f;
  f.Data(1, 1000, kDataBegin, 1, 1);
  const uint64_t before = f.in.work();
  f.Data(2, 1000, kDataEnd, 1, 1);
  EXPECT_TRUE(f.in.work() - before < 2010);  // Making room, and recording the TSN.
  EXPECT_EQ(f.in.held_bytes(), 2000 + kEarly);
  f.Data(0, 1, kWhole, 1, 0);
  EXPECT_EQ(f.app.story, "0:1,0:x 1:1,1!:2000");
  const uint64_t whole = f.in.work();
  f.Data(4, 1000, kWhole, 1, 3);
  EXPECT_TRUE(f.in.work() - whole >= 1000 && f.in.work() - whole < 1010);
}

TEST("the window told is what is left of it, or of what may be held at the moment") {
  Fixture f;
  f.StopReading();
  EXPECT_EQ(f.in.AdvertisedWindow(), kWindow);
  f.Data(0, 1000);
  EXPECT_EQ(f.in.held_bytes(), 1000 + kQueued);
  EXPECT_EQ(f.in.queued_bytes(), 1000 + kQueued);
  EXPECT_EQ(f.in.AdvertisedWindow(), kWindow - 1000 - kQueued);
  f.app.limit = 2000;
  EXPECT_EQ(f.in.AdvertisedWindow(), 2000 - 1000 - kQueued);
  f.app.limit = 1000 + kQueued;
  EXPECT_EQ(f.in.AdvertisedWindow(), 0u);
  f.app.limit = 1;
  EXPECT_EQ(f.in.AdvertisedWindow(), 0u);
  f.app.limit = SIZE_MAX;
  f.in.OnConsumed(1000);
  EXPECT_EQ(f.in.held_bytes(), 0u);
}

TEST("below the window anything is taken; when it is full, what was promised, and half a window more that fills gaps") {
  for (const bool more : {false, true}) {
    check::Note(more ? "a byte more" : "");
    Fixture below;
    below.StopReading();
    below.Data(0, kWindow - kQueued - 1);
    EXPECT_EQ(below.Data(1, 50'000, kWhole, 0, 1), R::kAccepted);
    Fixture full;
    full.StopReading();
    full.Data(0, kWindow - kQueued);  // So many of the promised bytes have come.
    EXPECT_EQ(full.Data(1, kQueued + more, kWhole, 0, 1), more ? R::kDropped : R::kAccepted);
    Fixture gap;
    gap.StopReading();
    gap.Data(5, kWindow - kEarly, kWhole, 0, 5);
    EXPECT_EQ(gap.Data(6, kEarly + 1, kWhole, 0, 6), R::kDropped);
    EXPECT_EQ(gap.Data(2, kEarly + kWindow / 2 + more, kWhole, 0, 2), more ? R::kDropped : R::kAccepted);
    // A SACK promises the room that is left, counted from the bytes that have come.
    Fixture told;
    told.StopReading();
    told.Data(0, 4000);
    told.in.OnConsumed(4000);
    told.Sack();
    told.Data(1, kWindow - kQueued, kWhole, 0, 1);
    EXPECT_EQ(told.Data(2, kQueued + more, kWhole, 0, 2), more ? R::kDropped : R::kAccepted);
    told.Sack();  // The SACK takes nothing back.
    if (more) EXPECT_EQ(told.Data(2, kQueued, kWhole, 0, 2), R::kAccepted);
  }
}

// The window was made smaller after it was promised.
TEST("three windows are taken of what was promised, four to fill gaps, and beyond that what all wait for, if somebody reads") {
  const auto fill = [](Fixture& f, size_t held) {
    f.StopReading();
    f.in.SetWindow(100'000);
    f.in.Reset(kTsn, kStreams);
    f.Data(10, 1000, kWhole, 1, 10);
    f.Data(0, held - kQueued - 1000 - kEarly);
    f.in.SetWindow(kWindow);
    EXPECT_EQ(f.in.held_bytes(), held);
  };
  for (const size_t less : {0, 1}) {
    check::Note(less ? "a byte less" : "");
    const R at_edge = less ? R::kAccepted : R::kDropped;
    Fixture beyond;
    fill(beyond, 3 * kWindow - less);
    EXPECT_EQ(beyond.Data(12, 1, kWhole, 0, 12), at_edge);
    Fixture gap;
    fill(gap, 4 * kWindow - less);
    EXPECT_EQ(gap.Data(5, 1, kWhole, 0, 5), at_edge);
    Fixture next;
    fill(next, 4 * kWindow - less);
    EXPECT_EQ(next.Data(1, 1, kWhole, 0, 1), at_edge);
    Fixture read;
    fill(read, 4 * kWindow - less);
    read.app.reading = true;
    EXPECT_EQ(read.Data(2, 1, kWhole, 0, 2), at_edge);
    EXPECT_EQ(read.Data(1, 1, kWhole, 0, 1), R::kAccepted);
    Fixture limited;
    fill(limited, kWindow - less);
    limited.app.limit = kWindow;
    EXPECT_EQ(limited.Data(5, 1, kWhole, 0, 5), at_edge);
  }
}

TEST("a quarter of the window, or a packet, and at most half of it makes an update, if less than half was told") {
  const struct {
    size_t kept, consumed;  // Each with its cost in the queue.
    size_t packet;
    bool wants;
  } lines[] = {
      {2501, 2500, 1000, true},  {2502, 2499, 1000, false}, {2500, 2500, 1000, false},  // Half of the window was told.
      {2001, 3000, 3000, true},  {2002, 2999, 3000, false}, {1, 5000, 9000, true},      {1002, 4999, 9000, false},
  };
  for (const auto& line : lines) {
    check::Note(std::to_string(line.kept) + " and " + std::to_string(line.consumed));
    Fixture f;
    f.StopReading();
    size_t number = 0;
    if (line.kept > kQueued) f.Data(static_cast<uint32_t>(number++), line.kept - kQueued);
    f.Data(static_cast<uint32_t>(number), line.consumed - kQueued, kWhole, 1);
    if (line.kept <= kQueued) f.in.SetWindow(kWindow);
    f.Sack();
    EXPECT_FALSE(f.in.WantsWindowUpdate(line.packet));
    f.in.OnConsumed(line.consumed - kQueued);
    const bool less_than_half = line.kept + line.consumed > kWindow / 2 && line.kept > kQueued;
    EXPECT_EQ(f.in.WantsWindowUpdate(line.packet), line.wants && less_than_half);
    f.Sack();
    EXPECT_FALSE(f.in.WantsWindowUpdate(line.packet));
    // A window smaller than the one that was told is no update.
    f.Data(static_cast<uint32_t>(number + 1), 9000, kWhole, 2);
    EXPECT_FALSE(f.in.WantsWindowUpdate(line.packet));
  }
}

TEST("a SACK has what there is room for, gap blocks first, then duplicates, and forgets those") {
  const auto lay = [](Fixture& f) {
    f.Data(0, 1);
    f.Data(2, 1, kWhole, 1);
    f.Data(4, 1, kWhole, 2);
    f.Data(5, 1, kWhole, 3);
    for (const uint32_t number : {0u, 2u, 2u}) f.Data(number, 1);
  };
  const std::pair<size_t, size_t> sizes[] = {{0, 0}, {15, 0}, {16, 16}, {19, 16}, {20, 20}, {23, 20}, {24, 24}, {28, 28}, {35, 32}, {36, 36}, {1000, 36}};
  Fixture all;
  lay(all);
  EXPECT_TRUE(all.in.HasDuplicates());
  for (const auto& [room, bytes] : sizes) EXPECT_EQ(all.in.SackBytes(room), bytes);
  const std::vector<uint8_t> fixed{3, 0, 0, 36, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0x27, 0x10, 0, 2, 0, 3};
  const std::vector<uint8_t> blocks{0, 2, 0, 2, 0, 4, 0, 5}, duplicates{0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0};
  for (const size_t bytes : {16, 20, 24, 28, 36, 40}) {
    check::Note(std::to_string(bytes) + " bytes");
    Fixture f;
    lay(f);
    std::vector<uint8_t> expected = fixed;
    expected.insert(expected.end(), blocks.begin(), blocks.end());
    expected.insert(expected.end(), duplicates.begin(), duplicates.end());
    expected.resize(bytes);  // The rest is padding.
    const size_t entries = (std::min<size_t>(bytes, 36) - 16) / 4;
    expected[3] = static_cast<uint8_t>(std::min<size_t>(bytes, 36));
    expected[13] = static_cast<uint8_t>(std::min<size_t>(entries, 2));
    expected[15] = static_cast<uint8_t>(entries - std::min<size_t>(entries, 2));
    expected.insert(expected.end(), 4, 0xee);
    EXPECT_EQ(f.Sack(bytes), expected);
    EXPECT_FALSE(f.in.HasDuplicates());
  }
}

TEST("thirty-two duplicates are reported at most") {
  Fixture f;
  f.Data(0, 1);
  for (size_t i = 1; i <= 40; ++i) {
    f.Data(0, 1);
    EXPECT_EQ(f.in.SackBytes(1000), 16 + 4 * std::min<size_t>(i, 32));
  }
}

// A message larger than the window could not be completed if its fragments kept the window shut (section 6.9).
TEST("a message is exempt from the window when it fills half of it, is the next one due, and somebody reads") {
  const size_t half = kWindow / 2 - kRunAndPiece;
  const struct {
    uint32_t number;
    size_t bytes;
    uint8_t flags;
    uint16_t ssn;
    bool exempt;
  } lines[] = {
      {0, half, kDataBegin, 0, true},      {0, half - 1, kDataBegin, 0, false},
      {0, half, kDataBegin, 1, false},     {0, half, kDataBegin | kDataUnordered, 1, true},
      {1, half, kDataBegin, 0, false},     {1, half, 0, 0, false},
  };
  for (const auto& line : lines) {
    check::Note(std::to_string(line.number) + ": " + std::to_string(line.bytes));
    Fixture f;
    EXPECT_EQ(f.Data(line.number, line.bytes, line.flags, 0, line.ssn), R::kAccepted);
    EXPECT_EQ(f.in.exempt_bytes(), line.exempt ? line.bytes : 0);
    EXPECT_EQ(f.in.held_bytes(), line.exempt ? 0 : line.bytes + kRunAndPiece);
    EXPECT_EQ(f.app.stuck, 0);
    Fixture later;
    later.app.reading = false;
    later.Data(line.number, line.bytes, line.flags, 0, line.ssn);
    EXPECT_EQ(later.app.stuck, line.exempt ? 1 : 0);
    EXPECT_EQ(later.in.exempt_bytes(), 0u);
    later.app.reading = true;
    later.in.OnReading();
    EXPECT_EQ(later.in.exempt_bytes(), line.exempt ? line.bytes : 0);
  }
}

TEST("a message that has filled half of what may be held is exempt if there is room, one that has filled half of the window in any case") {
  const struct {
    size_t bytes, limit, room;
    bool exempt;
  } lines[] = {
      {1000, 2 * (1000 + kRunAndPiece), 1000, true},      {1000, 2 * (1000 + kRunAndPiece) + 2, 1000, false}, {1000, 2 * (1000 + kRunAndPiece), 999, false},
      {1000, 0, 1000, true},                              {1000, SIZE_MAX, 1000, false},                      {kWindow / 2 - kRunAndPiece, 1, 0, true},
      {kWindow / 2 - kRunAndPiece - 1, 1, 0, false},
  };
  for (const auto& line : lines) {
    check::Note(std::to_string(line.bytes) + " of " + std::to_string(line.limit));
    Fixture f;
    f.app.room = line.room;
    f.Data(0, line.bytes - 1, kDataBegin);
    f.app.limit = line.limit;
    EXPECT_EQ(f.Data(1, 1, 0), R::kAccepted);
    EXPECT_EQ(f.in.exempt_bytes(), line.exempt ? line.bytes : 0);
  }
}

TEST("an exempt message goes on as it is, whatever else is held and whether or not somebody still reads") {
  Fixture f;
  f.Data(0, 6000, kDataBegin);
  EXPECT_EQ(f.in.exempt_bytes(), 6000u);
  f.app.reading = false;
  f.Data(5, 6000, kWhole, 1, 3);
  f.Data(1, 1000, 0);
  EXPECT_EQ(f.app.stuck, 0);
  EXPECT_EQ(f.in.exempt_bytes(), 7000u);
  EXPECT_EQ(f.in.held_bytes(), 6000 + kEarly);
  f.Data(2, 500, kDataEnd);
  EXPECT_EQ(f.app.story, "0:0,0!:7500");
  EXPECT_EQ(f.in.exempt_bytes(), 0u);
}

TEST("discarding, it acknowledges all and keeps nothing, nor counts what was queued before") {
  Fixture f;
  f.StopReading();
  f.Data(0, 100);
  f.Data(2, 100, kWhole, 1, 1);
  f.Data(4, 100, kDataBegin, 2);
  EXPECT_TRUE(f.in.table_bytes() != 0);
  f.in.Discard();
  EXPECT_EQ(f.in.held_bytes(), 0u);
  f.in.OnConsumed(100);
  EXPECT_EQ(f.in.held_bytes(), 0u);
  EXPECT_EQ(f.Data(1, 100, 0, 40'000), R::kAccepted);
  EXPECT_EQ(f.Data(3, 100), R::kAccepted);
  EXPECT_EQ(f.in.cumulative_tsn(), kTsn + 4);
  EXPECT_FALSE(f.in.HasGaps());
  EXPECT_EQ(f.in.held_bytes(), 0u);
  EXPECT_EQ(f.in.AdvertisedWindow(), kWindow);
  f.in.Trim();
  EXPECT_EQ(f.in.table_bytes(), 0u);
  EXPECT_EQ(f.app.story, "0:0,0:100");
}

TEST("a restarted peer begins with nothing: no numbers, duplicates, early messages or fragments, and a new promise") {
  Fixture f;
  f.StopReading();
  f.Data(0, 100);
  f.Data(0, 100);
  f.Data(2, 6000, kWhole, 1, 1);
  f.Data(4, 100, kDataBegin, 2);
  f.Sack();
  f.Data(4, 100);
  f.in.OnConsumed(100);
  f.app.story.clear();
  f.in.Reset(kTsn, 2);
  EXPECT_EQ(f.in.streams(), 2u);
  EXPECT_FALSE(f.in.HasDuplicates() || f.in.HasGaps());
  EXPECT_EQ(f.in.missing_chunks(), 0u);
  EXPECT_EQ(f.in.held_bytes(), 0u);
  EXPECT_FALSE(f.in.WantsWindowUpdate(1000));  // The handshake has told the window.
  EXPECT_EQ(f.Data(0, 100, kWhole, 0, 0), R::kAccepted);
  EXPECT_EQ(f.Data(1, 1, kWhole, 2), R::kBadStream);
  EXPECT_EQ(f.app.story, "0:0,0:100");
  EXPECT_EQ(f.Data(2, kWindow - 101 - kQueued, kWhole, 1, 0), R::kAccepted);
  EXPECT_EQ(f.Data(3, kQueued, kWhole, 1, 1), R::kAccepted);
  EXPECT_EQ(f.Data(4, 1, kWhole, 1, 2), R::kDropped);
}

}  // namespace
}  // namespace mailport::sctp::test
