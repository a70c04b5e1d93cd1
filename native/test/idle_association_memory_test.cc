// What an association costs in memory while nothing happens on it. A server has tens of thousands of them.
#include <cstdio>

#include "association.h"
#include "crowd.h"
#include "heap.h"

namespace mailport::sctp::test {
namespace {

constexpr size_t kCount = 1000;
constexpr size_t kMostIdleBytes = 2048;

size_t BytesOfEach(size_t before) { return (heap::BytesInUse() - before) / (2 * kCount); }

TEST("an idle association takes less than 2 KiB, its places in all tables included") {
  if (!heap::kCounts) return;
  Crowd crowd;
  crowd.Establish(kCount);  // The tables of sockets and engines have their sizes.
  const size_t before = heap::BytesInUse();
  crowd.Establish(kCount);
  crowd.RunFor(1'000'000);
  std::printf("sizeof %zu parts; each %zu\n", sizeof(Association), BytesOfEach(before));
  EXPECT_TRUE(BytesOfEach(before) < kMostIdleBytes);
}

TEST("an association that has been idle for a heartbeat gives back what its traffic has taken") {
  if (!heap::kCounts) return;
  Crowd crowd;
  crowd.Establish(kCount);
  const size_t before = heap::BytesInUse();
  crowd.Establish(kCount);
  crowd.server.answers = true;
  for (int round = 0; round < 4; ++round) crowd.RoundFromClient(std::array<uint8_t, 64>{});
  std::printf("after traffic %zu\n", BytesOfEach(before));
  crowd.RunFor(60'000'000, 100'000);
  std::printf("idle %zu\n", BytesOfEach(before));
  EXPECT_TRUE(BytesOfEach(before) < kMostIdleBytes);
}

}  // namespace
}  // namespace mailport::sctp::test
