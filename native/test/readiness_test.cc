// What the loop is told of descriptors: each change once, however many there are, and nothing of those that are closed.
#include "../src/io/readiness.h"

#include <sys/socket.h>

#include <array>
#include <string>
#include <vector>

#include "check.h"

namespace mailport::io::test {
namespace {

struct Ends {
  UniqueFd near;
  UniqueFd far;
};

Ends Connected() {
  int fds[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0) return {};
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

std::vector<Readiness::Event> Told(Readiness& readiness) {
  std::array<Readiness::Event, Readiness::kEvents> events;
  const size_t count = readiness.Collect(events);
  return {events.begin(), events.begin() + static_cast<ptrdiff_t>(count)};
}

}  // namespace

TEST("a descriptor is told of when something comes, and not again before more comes") {
  Readiness readiness;
  REQUIRE(readiness.Open() == 0);
  const Ends ends = Connected();
  REQUIRE(readiness.Watch(ends.near.get(), 7, false, false) == 0);
  EXPECT_EQ(Told(readiness).size(), 0u);
  for (int round = 0; round < 3; round++) {
    REQUIRE(send(ends.far.get(), "x", 1, 0) == 1);
    const auto told = Told(readiness);
    REQUIRE(told.size() == 1);
    EXPECT_EQ(told[0].id, 7u);
    EXPECT_TRUE(told[0].readable);
    EXPECT_FALSE(told[0].writable);
    EXPECT_FALSE(told[0].ended);
    EXPECT_EQ(Told(readiness).size(), 0u);
  }
}

TEST("a descriptor that was ready before it is watched is told of, and so is one that is watched for writing later") {
  Readiness readiness;
  REQUIRE(readiness.Open() == 0);
  const Ends ends = Connected();
  REQUIRE(send(ends.far.get(), "x", 1, 0) == 1);
  REQUIRE(readiness.Watch(ends.near.get(), 1, false, false) == 0);
  EXPECT_EQ(Told(readiness).size(), 1u);
  REQUIRE(readiness.Watch(ends.near.get(), 1, true, true) == 0);
  const auto told = Told(readiness);
  REQUIRE(told.size() == 1);
  EXPECT_TRUE(told[0].writable);
}

TEST("the end of a peer is told as an end, to be read") {
  Readiness readiness;
  REQUIRE(readiness.Open() == 0);
  Ends ends = Connected();
  REQUIRE(readiness.Watch(ends.near.get(), 1, false, false) == 0);
  shutdown(ends.far.get(), SHUT_WR);
  auto told = Told(readiness);
  REQUIRE(told.size() == 1);
  EXPECT_TRUE(told[0].readable);
  EXPECT_TRUE(told[0].ended);
  ends.far.Reset();
  told = Told(readiness);
  REQUIRE(told.size() == 1);
  // A sender that waits for room waits for nothing any more.
  EXPECT_TRUE(told[0].writable);
}

TEST("more descriptors than one look tells of are told of by the next ones, each once; closed ones are not") {
  Readiness readiness;
  REQUIRE(readiness.Open() == 0);
  constexpr uint32_t kMany = 300;
  std::vector<Ends> all;
  for (uint32_t id = 0; id < kMany; id++) {
    all.push_back(Connected());
    REQUIRE(all.back().near.valid());
    REQUIRE(readiness.Watch(all.back().near.get(), id, false, false) == 0);
    REQUIRE(send(all.back().far.get(), "x", 1, 0) == 1);
  }
  for (uint32_t id = 0; id < kMany; id += 10) all[id].near.Reset();
  std::vector<int> times(kMany);
  size_t looks = 0;
  for (auto told = Told(readiness); !told.empty(); told = Told(readiness), looks++) {
    for (const Readiness::Event& event : told) times[event.id]++;
  }
  for (uint32_t id = 0; id < kMany; id++) EXPECT_EQ(times[id], id % 10 == 0 ? 0 : 1);
  EXPECT_EQ(looks, 2u);
}

}  // namespace mailport::io::test
