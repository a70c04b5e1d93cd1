// What a peer can make a receiver with interleaving hold and do (RFC 8260), each with its figure.
#include <string>
#include <vector>

#include "interleaved_receiver.h"

namespace mailport::sctp::test {
namespace {

// Of a message with that many runs of single bytes.
constexpr size_t ChargeOf(size_t runs) {
  return InterleavedReassembly::kMessageOverheadBytes + runs * (InterleavedReassembly::kRunOverheadBytes + Pieces::kOverheadBytes + 1);
}

TEST("fragments of one byte with holes between them: each is charged with its overhead, and bytes are copied three times at most, however the holes are filled") {
  constexpr uint32_t kFragments = 500;
  for (const bool backwards : {false, true}) {
    Receiver r;
    for (uint32_t fsn = 0; fsn < kFragments; fsn += 2) EXPECT_EQ(r.Data(1, 0, fsn, "a", fsn == 0 ? kB : 0), DataResult::kAccepted);
    EXPECT_EQ(r.in.held_bytes() + r.in.exempt_bytes(), ChargeOf(kFragments / 2));
    for (uint32_t count = 0; count < kFragments / 2; ++count) {
      const uint32_t fsn = backwards ? kFragments - 1 - 2 * count : 2 * count + 1;
      EXPECT_EQ(r.Data(1, 0, fsn, "b", fsn == kFragments - 1 ? kE : 0), DataResult::kAccepted);
    }
    EXPECT_EQ(r.reader.Told(), "1.0=" + std::to_string(kFragments));
    EXPECT_TRUE(r.in.work() <= 3 * kFragments);
    EXPECT_EQ(r.in.held_bytes() + r.in.exempt_bytes(), 0u);
  }
}

TEST("numbers at the edges: half of all MIDs are to come, the others are past; FSNs reach as far as a message does") {
  Receiver r;
  EXPECT_EQ(r.Data(1, 0x7fffffff, 0, "x", kB), DataResult::kAccepted);
  EXPECT_EQ(r.Data(1, 0xffffffff, 0, "x", kB | kU), DataResult::kAccepted);
  EXPECT_EQ(r.Data(1, 0, (64u << 20) - 1, "x", kE), DataResult::kAccepted);
  EXPECT_EQ(r.Data(1, 0, 64u << 20, "x", 0), DataResult::kTooLarge);
  for (const uint32_t mid : {0x80000001u, 0xffffffffu}) {
    Receiver past;
    EXPECT_EQ(past.Data(1, mid, 0, "x", kB), DataResult::kMalformed);
  }
}

// Nobody reads, so that everything stays.
TEST("one byte in each of 65,535 streams: four windows, overhead included, and no table") {
  Receiver r(false, 65'535);
  r.reader.takes = false;
  uint32_t taken = 0;
  while (taken < 65'535 && r.Data(static_cast<uint16_t>(taken), 0, 0, "x", kB) == DataResult::kAccepted) ++taken;
  EXPECT_EQ(r.in.held_bytes(), taken * ChargeOf(1));
  EXPECT_TRUE(taken > 500 && r.in.held_bytes() <= 4 * kWindow);
  EXPECT_TRUE(r.in.table_bytes() < 64 * 1024);
}

TEST("an I-FORWARD-TSN drops what it names of thousands of begun messages, and nothing else; unordered ones of all streams cost 8 bytes each") {
  Receiver r(true, 65'535);
  for (uint32_t mid = 0; mid < 100; ++mid) {
    EXPECT_EQ(r.Data(7, mid, 0, "x", kB), DataResult::kAccepted);
    EXPECT_EQ(r.Data(7, mid, 0, "x", kB | kU), DataResult::kAccepted);
  }
  EXPECT_TRUE(r.Forward(200, {{7, 49}, {7, 98, true}}));
  EXPECT_EQ(r.in.held_bytes() + r.in.exempt_bytes(), 51 * ChargeOf(1));
  EXPECT_TRUE(r.Forward(201, {{7, 0x80000031}}));  // Half of all numbers on.
  EXPECT_EQ(r.in.held_bytes() + r.in.exempt_bytes(), ChargeOf(1));
  EXPECT_TRUE(r.Forward(202, {{7, 99, true}}));
  EXPECT_EQ(r.in.held_bytes() + r.in.exempt_bytes(), 0u);
  for (uint32_t stream = 0; stream < 65'535; ++stream) EXPECT_TRUE(r.Forward(203 + stream, {{static_cast<uint16_t>(stream), 0x7fffffff, true}}));
  EXPECT_TRUE(r.in.table_bytes() <= 2 * 65'536 * 8 + 64 * 1024);
}

TEST("an I-FORWARD-TSN that goes back, or names a stream that does not exist, or the same stream again and again, changes nothing more") {
  Receiver r(true);
  r.Data(1, 5, 0, "a", kB);
  r.Data(1, 5, 0, "u", kB | kU);
  EXPECT_FALSE(r.Forward(0, {{1, 9}, {1, 9, true}}));
  EXPECT_TRUE(r.Forward(2, {{10, 9}, {1, 3}, {1, 2}, {1, 4}, {1, 1}, {1, 4, true}, {1, 0, true}}));
  r.Data(1, 5, 1, "b", kE, 3);
  r.Data(1, 5, 1, "v", kE | kU, 4);
  EXPECT_EQ(r.reader.Told(), "1.5=ab 1u5=uv");
}

TEST("messages that are begun and read by turns: each is exempt once, and what is held never passes half of the window") {
  Receiver r;
  for (uint32_t number = 0; number < 5000; ++number) {
    EXPECT_EQ(r.Data(static_cast<uint16_t>(number % 10), number / 10, 0, "x", kB | kU), DataResult::kAccepted);
    if (!EXPECT_TRUE(r.in.held_bytes() < kWindow / 2)) return;
  }
  EXPECT_EQ(r.in.held_bytes() + r.in.exempt_bytes(), 5000 * ChargeOf(1));
  for (uint32_t number = 0; number < 5000; ++number) EXPECT_EQ(r.Data(static_cast<uint16_t>(number % 10), number / 10, 1, "y", kE | kU), DataResult::kAccepted);
  EXPECT_EQ(r.in.held_bytes() + r.in.exempt_bytes(), 0u);
}

}  // namespace
}  // namespace mailport::sctp::test
