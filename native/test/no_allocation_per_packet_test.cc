// In the steady state, packets that come and go take nothing from the allocator: what they need is there from those before.
#include "crowd.h"
#include "heap.h"

namespace mailport::sctp::test {
namespace {

struct Counted {
  uint64_t packets, allocations;
};

// Warms up with so many rounds, and counts over as many more.
template <typename Round>
Counted Count(Crowd& crowd, int rounds, Round round) {
  for (int i = 0; i < rounds; ++i) round();
  const Counted before{crowd.packets, heap::Allocations()};
  for (int i = 0; i < rounds; ++i) round();
  return {crowd.packets - before.packets, heap::Allocations() - before.allocations};
}

void Expect(const Counted& counted, uint64_t packets) {
  EXPECT_TRUE(counted.packets >= packets);
  if (heap::kCounts) EXPECT_EQ(counted.allocations, 0u);
}

// Of a message of 16,384 bytes every packet is full.
void ExpectNoneOneWay(size_t bytes, int messages_a_turn) {
  Crowd crowd;
  crowd.Establish(1);
  const std::vector<uint8_t> data(bytes, 'x');
  Expect(Count(crowd, 1000, [&] {
           for (int i = 0; i < messages_a_turn; ++i) crowd.client.engine.Send(crowd.client.socket, {.assoc_id = crowd.client.assocs[0]}, data);
           crowd.Settle();
           crowd.now += 1000;
         }), 10'000);
}

TEST("one way, neither end allocates for a packet") { ExpectNoneOneWay(1000, 20); }

TEST("one way with messages of several packets, neither end allocates for a packet") { ExpectNoneOneWay(16'384, 1); }

TEST("messages of several packets that come by turns, in I-DATA chunks of several streams, cost neither end an allocation for a packet (RFC 8260)") {
  Crowd crowd;
  constexpr uint16_t kStreams = 8;
  for (CrowdHost* host : {&crowd.client, &crowd.server}) {
    const auto set = [host](Option option, std::initializer_list<uint32_t> words) {
      REQUIRE(host->engine.SetOption(host->socket, option, 0, std::vector<uint32_t>(words)) == 0);
    };
    set(Option::kInterleavingSupported, {1});
    set(Option::kStreamScheduler, {static_cast<uint32_t>(Scheduler::kRoundRobin)});
  }
  crowd.Establish(1);
  const std::vector<uint8_t> data(16'384, 'x');
  Expect(Count(crowd, 200, [&] {
           for (uint16_t stream = 0; stream < kStreams; ++stream)
             crowd.client.engine.Send(crowd.client.socket, {.assoc_id = crowd.client.assocs[0], .stream = stream}, data);
           crowd.Settle();
           crowd.now += 1000;
         }), 10'000);
  EXPECT_EQ(crowd.server.messages, 400u * kStreams);
}

TEST("there and back, neither end allocates for a packet") {
  Crowd crowd;
  crowd.Establish(1);
  crowd.server.answers = true;
  const std::vector<uint8_t> data(64, 'x');
  Expect(Count(crowd, 2000, [&] {
           crowd.RoundFromClient(data);
           crowd.now += 50;
         }), 4'000);
}

TEST("on 100 associations, neither end allocates for a packet") {
  for (const bool answers : {false, true}) {
    Crowd crowd;
    crowd.Establish(100);
    crowd.server.answers = answers;
    const std::vector<uint8_t> data(64, 'x');
    Expect(Count(crowd, 100, [&] {
             crowd.RoundFromClient(data);
             crowd.now += 1000;
           }), 10'000);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
