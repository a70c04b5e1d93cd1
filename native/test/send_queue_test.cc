// Messages that wait: a queue for each stream, numbers of their own, and a scheduler that any of them may be taken from.
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "check.h"
#include "packet/wire.h"
#include "random.h"
#include "tx/send_queue.h"

namespace mailport::sctp::test {
namespace {

SendParams To(uint32_t stream, uint32_t flags = 0) {
  SendParams params;
  params.stream = stream;
  params.flags = flags;
  return params;
}

TEST("first come, first served, whatever the streams; a message that has begun is finished first") {
  SendQueue queue;
  queue.Push(To(5), 0, 10);
  queue.Push(To(1), 10, 20);
  queue.Push(To(5), 30, 5);
  const OutboundFragment begin = queue.Cut(4);
  EXPECT_EQ(begin.flags, kDataBegin);
  queue.Push(To(0), 35, 1);
  const OutboundFragment end = queue.Cut(6);
  EXPECT_EQ(end.flags, kDataEnd);
  EXPECT_EQ(end.position, 4u);
  EXPECT_EQ(end.ssn, begin.ssn);
  EXPECT_EQ(queue.Cut(20).stream, 1u);
  const OutboundFragment second = queue.Cut(5);
  EXPECT_EQ(second.stream, 5u);
  EXPECT_EQ(second.ssn, 1u);
  EXPECT_EQ(queue.Cut(1).stream, 0u);
  EXPECT_TRUE(queue.empty());
}

TEST("an unordered message takes no number of its stream") {
  SendQueue queue;
  queue.Push(To(3, kFlagUnordered), 0, 1);
  queue.Push(To(3), 1, 1);
  EXPECT_EQ(queue.Cut(1).flags, kDataBegin | kDataEnd | kDataUnordered);
  EXPECT_EQ(queue.Cut(1).ssn, 0u);
  queue.ResetNumbers();
  queue.Push(To(3), 2, 1);
  EXPECT_EQ(queue.Cut(1).ssn, 0u);
}

// The queue against lists that are searched.
TEST("whatever is pushed, cut and taken out, the rest leaves in the order in which it came, with its stream's next number") {
  struct Model {
    uint64_t position;
    uint32_t length, sent, stream;
    MessageId id;
  };
  for (const uint64_t seed : check::Seeds(60)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    SendQueue queue;
    std::deque<Model> model;
    std::map<uint32_t, uint16_t> numbers;
    uint64_t position = 0;
    for (int step = 0; step < 400; ++step) {
      const uint64_t what = random.Below(10);
      if (what < 5) {
        const auto length = static_cast<uint32_t>(1 + random.Below(50));
        const auto stream = static_cast<uint32_t>(random.Below(200));
        model.push_back({position, length, 0, stream, queue.Push(To(stream), position, length)});
        position += length;
      } else if (what < 8 && !model.empty()) {
        Model& front = model.front();
        const auto bytes = static_cast<uint32_t>(1 + random.Below(front.length - front.sent));
        const OutboundFragment fragment = queue.Cut(bytes);
        EXPECT_EQ(fragment.position, front.position + front.sent);
        EXPECT_EQ(fragment.ssn, numbers[front.stream]);
        front.sent += bytes;
        if (front.sent == front.length) {
          ++numbers[front.stream];
          model.pop_front();
        }
      } else if (what == 8 && !model.empty()) {
        EXPECT_EQ(queue.Take(model.front().id).position, model.front().position);
        model.pop_front();
      } else {
        const auto from = static_cast<uint32_t>(random.Below(200));
        std::vector<uint64_t> taken, expected;
        queue.TakeStreamsFrom(from, [&](const QueuedMessage& message) { taken.push_back(message.position); });
        for (const Model& each : model)
          if (each.stream >= from) expected.push_back(each.position);
        std::erase_if(model, [&](const Model& each) { return each.stream >= from; });
        EXPECT_EQ(taken, expected);
      }
      size_t bytes = 0;
      for (const Model& each : model) bytes += each.length - each.sent;
      EXPECT_EQ(queue.size(), model.size());
      if (!EXPECT_EQ(queue.bytes(), bytes)) return;
      if (!model.empty()) EXPECT_EQ(queue.Next().position, model.front().position);
      if (random.Chance(0.05)) queue.Trim();
    }
  }
}

}  // namespace
}  // namespace mailport::sctp::test
