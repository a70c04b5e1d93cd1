// What an association costs in memory while nothing happens on it. A server has tens of thousands of them.
#include <array>

#include "crowd.h"
#include "heap.h"

namespace mailport::sctp::test {
namespace {

constexpr size_t kCount = 1000;
// Allocator's headers, tables, and the slack of tables that grow included. Wanted are 2,048.
constexpr size_t kMostIdleBytes = 2880;
// What stays of the streams and timers that were used.
constexpr size_t kMostUsedBytes = kMostIdleBytes + 440;

size_t BytesOfEach(size_t before) { return (heap::BytesInUse() - before) / (2 * kCount); }

void Exchange(Crowd& crowd) {
  crowd.server.answers = true;
  for (int round = 0; round < 4; ++round) crowd.RoundFromClient(std::array<uint8_t, 64>{});
}

TEST("an idle association takes no more than 2.8 KiB, its places in all tables included") {
  if (!heap::kCounts) return;
  Crowd crowd;
  crowd.Establish(kCount);
  const size_t before = heap::BytesInUse();
  crowd.Establish(kCount);
  crowd.RunFor(1'000'000);
  check::Note(std::to_string(BytesOfEach(before)) + " bytes");
  EXPECT_TRUE(BytesOfEach(before) <= kMostIdleBytes);
}

TEST("an association that has been idle for a heartbeat has given back what its traffic took") {
  if (!heap::kCounts) return;
  Crowd crowd;
  crowd.Establish(kCount);
  Exchange(crowd);  // The pool of segments has its size.
  crowd.RunFor(60'000'000, 100'000);
  const size_t before = heap::BytesInUse();
  crowd.Establish(kCount);
  Exchange(crowd);
  EXPECT_TRUE(BytesOfEach(before) > kMostUsedBytes);
  crowd.RunFor(60'000'000, 100'000);
  check::Note(std::to_string(BytesOfEach(before)) + " bytes");
  EXPECT_TRUE(BytesOfEach(before) <= kMostUsedBytes);
}

}  // namespace
}  // namespace mailport::sctp::test
