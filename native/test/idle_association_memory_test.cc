// What an association costs in memory while nothing happens on it. A server has tens of thousands of them.
#include <array>

#include "crowd.h"
#include "heap.h"

namespace mailport::sctp::test {
namespace {

constexpr size_t kCount = 1000;
// Allocator's headers, tables, and the slack of tables that grow included.
constexpr size_t kMostIdleBytes = 2048;

// Of the associations that have come since: each has two ends.
size_t BytesOfEach(Crowd& crowd, size_t before) {
  crowd.TrimNetwork();
  return (heap::BytesInUse() - before) / (2 * kCount);
}

void ExpectAtMost(size_t most, size_t bytes) {
  check::Note(std::to_string(bytes) + " bytes");
  EXPECT_TRUE(bytes <= most);
}

void Exchange(Crowd& crowd, int rounds) {
  crowd.server.answers = true;
  for (int round = 0; round < rounds; ++round) crowd.RoundFromClient(std::array<uint8_t, 64>{});
}

// Two HEARTBEATs: what is idle is looked through with each.
void Rest(Crowd& crowd) { crowd.RunFor(70'000'000, 100'000); }

TEST("an idle association takes less than 2 KiB, its places in all tables included") {
  if (!heap::kCounts) return;
  Crowd crowd;
  crowd.Establish(kCount);
  crowd.TrimNetwork();
  const size_t before = heap::BytesInUse();
  crowd.Establish(kCount);
  crowd.RunFor(1'000'000);
  ExpectAtMost(kMostIdleBytes, BytesOfEach(crowd, before));
}

TEST("an association that has exchanged 100 messages each way takes less than 2 KiB once it has been idle for two heartbeats") {
  if (!heap::kCounts) return;
  Crowd crowd;
  crowd.Establish(kCount);
  Exchange(crowd, 4);  // The pool of segments has its size.
  Rest(crowd);
  crowd.TrimNetwork();
  const size_t before = heap::BytesInUse();
  crowd.Establish(kCount);
  Exchange(crowd, 100);
  EXPECT_EQ(crowd.client.messages, crowd.server.messages);
  EXPECT_TRUE(BytesOfEach(crowd, before) > kMostIdleBytes);  // While it is busy.
  Rest(crowd);
  ExpectAtMost(kMostIdleBytes, BytesOfEach(crowd, before));
}

}  // namespace
}  // namespace mailport::sctp::test
