// RFC 8260 section 3: which stream's message leaves next, by each scheduler, with interleaving and without.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "check.h"
#include "packet/wire.h"
#include "random.h"
#include "tx/send_queue.h"

namespace mailport::sctp::test {
namespace {

constexpr Scheduler kAll[] = {Scheduler::kFirstCome,    Scheduler::kPriority, Scheduler::kRoundRobin,
                              Scheduler::kFairCapacity, Scheduler::kWeighted, Scheduler::kRoundRobinPerPacket};

struct Queue {
  Queue(Scheduler scheduler, bool interleaves) {
    queue.SetInterleaving(interleaves);
    queue.Choose(scheduler);
  }
  void Push(uint32_t stream, uint32_t length = 10, uint32_t count = 1) {
    SendParams params;
    params.stream = stream;
    for (; count != 0; --count, position += length) queue.Push(params, position, length);
  }
  // The streams of the fragments that leave, of at most `bytes` each: "1(" begins a message, "1)" ends one, "1" does both.
  std::string Cut(size_t count, uint32_t bytes = 10) {
    std::string text;
    for (; count != 0 && !queue.empty(); --count) {
      const OutboundFragment fragment = queue.Cut(std::min(bytes, queue.Next().length - queue.Next().sent));
      const bool begins = (fragment.flags & kDataBegin) != 0, ends = (fragment.flags & kDataEnd) != 0;
      text += (text.empty() ? "" : " ") + std::to_string(fragment.stream) + (begins && ends ? "" : begins ? "(" : ends ? ")" : "-");
    }
    return text;
  }
  // How many bytes of each stream leave in `count` fragments.
  std::map<uint32_t, uint32_t> Bytes(size_t count, uint32_t bytes) {
    std::map<uint32_t, uint32_t> sent;
    for (; count != 0; --count) {
      const OutboundFragment fragment = queue.Cut(std::min(bytes, queue.Next().length - queue.Next().sent));
      sent[fragment.stream] += fragment.length;
    }
    return sent;
  }
  SendQueue queue;
  uint64_t position = 0;
};

TEST("§3.1: first come, first served is the order of arrival; interleaving changes nothing") {
  for (const bool interleaves : {false, true}) {
    Queue q(Scheduler::kFirstCome, interleaves);
    q.Push(2, 20), q.Push(1, 10), q.Push(2, 10), q.Push(0, 20);
    EXPECT_EQ(q.Cut(9), "2( 2) 1 2 0( 0)");
  }
}

TEST("§3.2: round robin goes round by messages; with interleaving by chunks") {
  for (const bool interleaves : {false, true}) {
    Queue q(Scheduler::kRoundRobin, interleaves);
    q.Push(1, 20, 2), q.Push(2, 20, 2), q.Push(3, 10);
    EXPECT_EQ(q.Cut(20), interleaves ? "1( 2( 3 1) 2) 1( 2( 1) 2)" : "1( 1) 2( 2) 3 1( 1) 2( 2)");
  }
}

TEST("§3.3: round robin per packet gives each packet to one stream") {
  Queue q(Scheduler::kRoundRobinPerPacket, true);
  q.Push(1, 10, 5), q.Push(2, 10, 1), q.Push(3, 10, 3);
  std::string packets;
  while (!q.queue.empty()) {
    q.queue.BeginPacket();
    q.queue.BeginPacket();  // Asked again, as a turn ends before the packet is filled: no stream loses its turn.
    int chunks = 0;
    do packets += q.Cut(1);
    while (++chunks < 3 && !q.queue.empty() && !q.queue.WantsNewPacket());
    packets += "|";
  }
  EXPECT_EQ(packets, "111|2|333|11|");
}

TEST("§3.3: without interleaving a packet does not end the turn of a message that has begun") {
  Queue q(Scheduler::kRoundRobinPerPacket, false);
  q.Push(1, 40), q.Push(2, 10), q.Push(1, 10);
  std::string packets;
  while (!q.queue.empty()) {
    q.queue.BeginPacket();
    packets += q.Cut(1) + "|";
  }
  EXPECT_EQ(packets, "1(|1-|1-|1)|2|1|");
}

TEST("§3.4: the lowest priority value goes first, and streams of the same priority take turns") {
  Queue q(Scheduler::kPriority, false);
  for (const auto& [stream, priority] : {std::pair{1, 5}, {2, 0}, {3, 5}, {4, 65'535}}) q.queue.SetStreamValue(static_cast<uint16_t>(stream), static_cast<uint16_t>(priority));
  q.Push(4, 10), q.Push(1, 10, 2), q.Push(3, 10, 2), q.Push(2, 10, 2);
  EXPECT_EQ(q.Cut(20), "2 2 1 3 1 3 4");
}

TEST("§3.4: an important message comes between the chunks of another with interleaving, and after its last one without") {
  for (const bool interleaves : {false, true}) {
    Queue q(Scheduler::kPriority, interleaves);
    q.queue.SetStreamValue(1, 9);
    q.Push(1, 40);
    EXPECT_EQ(q.Cut(2), "1( 1-");
    q.Push(2, 10);
    EXPECT_EQ(q.Cut(9), interleaves ? "2 1- 1)" : "1- 1) 2");
  }
}

TEST("§3.4: a new priority counts at once for messages that wait") {
  Queue q(Scheduler::kPriority, true);
  q.Push(1, 10, 2), q.Push(2, 10, 2), q.Push(3, 10, 2);
  for (const uint16_t stream : {1, 2, 3}) q.queue.SetStreamValue(stream, 7);
  q.queue.SetStreamValue(3, 1);
  EXPECT_EQ(q.Cut(1), "3");
  q.queue.SetStreamValue(3, 8);
  q.queue.SetStreamValue(2, 2);
  EXPECT_EQ(q.Cut(9), "2 2 1 1 3");
}

TEST("§3.5: fair capacity gives streams as many bytes, whatever the size of their messages; one that comes later catches nothing up") {
  for (const bool interleaves : {false, true}) {
    Queue q(Scheduler::kFairCapacity, interleaves);
    q.Push(1, 100, 100), q.Push(2, 1000, 20);
    auto sent = q.Bytes(100, 100);
    EXPECT_TRUE(std::abs(static_cast<int>(sent[1]) - static_cast<int>(sent[2])) <= 1000);
    q.Push(3, 50, 100);
    sent = q.Bytes(60, 100);
    EXPECT_TRUE(sent[3] >= 1000 && sent[3] <= 2600);
  }
}

TEST("§3.6: weighted fair queueing gives bytes in proportion to the weights") {
  for (const bool interleaves : {false, true}) {
    Queue q(Scheduler::kWeighted, interleaves);
    q.queue.SetStreamValue(2, 3);
    q.queue.SetStreamValue(3, 6);
    q.Push(1, 1000, 200), q.Push(2, 200, 1000), q.Push(3, 3000, 200);
    auto sent = q.Bytes(3000, 100);
    const double unit = sent[1];
    EXPECT_TRUE(sent[2] > 2.8 * unit && sent[2] < 3.2 * unit);
    EXPECT_TRUE(sent[3] > 5.6 * unit && sent[3] < 6.4 * unit);
  }
}

TEST("a scheduler has values of streams only if it uses them, and another one begins without") {
  Queue q(Scheduler::kPriority, false);
  EXPECT_TRUE(q.queue.scheduler().HasValues());
  q.queue.SetStreamValue(65'535, 4);
  EXPECT_EQ(q.queue.scheduler().Value(65'535), 4);
  SendQueue next;
  next.ChooseLike(q.queue.scheduler().Empty());
  EXPECT_EQ(next.scheduler().Value(65'535), 4);
  q.queue.Choose(Scheduler::kWeighted);
  EXPECT_EQ(q.queue.scheduler().Value(65'535), 0);
  q.queue.Choose(Scheduler::kFirstCome);
  EXPECT_FALSE(q.queue.scheduler().HasValues());
}

struct Model {
  uint64_t position;
  uint32_t length, sent = 0;
  MessageId id;
};

// What leaves, and what must leave: each stream's messages in order, one of them begun at a time; without interleaving one of all.
struct Reference {
  explicit Reference(bool interleaves) : interleaves(interleaves) {}
  void Take(const OutboundFragment& fragment) {
    std::vector<Model>& stream = streams[fragment.stream];
    REQUIRE(!stream.empty());
    Model& front = stream.front();
    EXPECT_EQ(fragment.position, front.position + front.sent);
    EXPECT_EQ(fragment.ssn, numbers[fragment.stream]);
    EXPECT_EQ(fragment.fsn, interleaves ? fragments[fragment.stream]++ : 0u);
    if (begun != nullptr && !interleaves) EXPECT_TRUE(begun == &stream);
    front.sent += fragment.length;
    begun = front.sent == front.length ? nullptr : &stream;
    if (begun != nullptr) return;
    Remove(fragment.stream);
    ++numbers[fragment.stream];
    fragments[fragment.stream] = 0;
  }
  void Remove(uint32_t number) { streams[number].erase(streams[number].begin()); }

  const bool interleaves;
  std::map<uint32_t, std::vector<Model>> streams;
  std::map<uint32_t, uint32_t> numbers, fragments;
  std::vector<Model>* begun = nullptr;
};

TEST("schedulers, values and messages come and go at random: each stream keeps its order, and nothing is lost") {
  for (const uint64_t seed : check::Seeds(200)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    const bool interleaves = random.Chance(0.5);
    Queue q(kAll[random.Below(std::size(kAll))], interleaves);
    Reference model(interleaves);
    size_t size = 0;
    for (int step = 0; step < 400 && !check::Failed(); ++step) {
      const uint64_t what = random.Below(20);
      if (what < 9) {
        SendParams params;
        params.stream = static_cast<uint32_t>(random.Below(random.Chance(0.1) ? 65'536 : 6));
        const auto length = static_cast<uint32_t>(1 + random.Below(50));
        model.streams[params.stream].push_back({q.position, length, 0, q.queue.Push(params, q.position, length)});
        q.position += length;
        ++size;
      } else if (what < 16 && size != 0) {
        if (random.Chance(0.3)) q.queue.BeginPacket();
        const QueuedMessage& next = q.queue.Next();
        const OutboundFragment fragment = q.queue.Cut(static_cast<uint32_t>(1 + random.Below(next.length - next.sent)));
        model.Take(fragment);
        size -= (fragment.flags & kDataEnd) != 0;
      } else if (what == 16 && size != 0) {
        // A message that has not begun leaves unsent.
        for (auto& [number, stream] : model.streams) {
          const auto found = std::find_if(stream.begin(), stream.end(), [](const Model& each) { return each.sent == 0; });
          if (found == stream.end()) continue;
          EXPECT_EQ(q.queue.Take(found->id).position, found->position);
          stream.erase(found);
          --size;
          break;
        }
      } else if (what == 17) {
        q.queue.Choose(kAll[random.Below(std::size(kAll))]);
      } else if (what == 18 && q.queue.scheduler().HasValues()) {
        q.queue.SetStreamValue(static_cast<uint16_t>(random.Below(6)), static_cast<uint16_t>(1 + random.Below(5)));
      }
      EXPECT_EQ(q.queue.size(), size);
    }
    while (!q.queue.empty() && !check::Failed()) model.Take(q.queue.Cut(q.queue.Next().length - q.queue.Next().sent));
    for (const auto& [number, stream] : model.streams) EXPECT_TRUE(stream.empty());
  }
}

TEST("a message among 60,000 streams moves 40 others at most as it comes, is cut and leaves, and memory stays as it is") {
  constexpr uint32_t kStreams = 60'000;
  for (const Scheduler scheduler : kAll) {
    Queue q(scheduler, true);
    for (uint32_t stream = 0; stream < kStreams; ++stream) q.Push(stream, 10);
    // Every stream has its turn before any has two.
    std::set<uint32_t> seen;
    const size_t memory = q.queue.scheduler().memory_bytes();
    for (uint32_t turn = 0; turn < kStreams; ++turn) {
      const uint64_t work = q.queue.scheduler().work();
      q.queue.BeginPacket();
      const uint16_t stream = q.queue.Cut(10).stream;
      seen.insert(stream);
      q.Push(stream, 10);
      if (!EXPECT_TRUE(q.queue.scheduler().work() - work <= 40)) return;
    }
    EXPECT_EQ(seen.size(), kStreams);
    EXPECT_EQ(q.queue.scheduler().memory_bytes(), memory);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
