// The bytes that wait to be sent: in order, with memory only while there are any, and each copied a bounded number of times.
#include "../src/framing/output_queue.h"

#include <string>

#include "check.h"
#include "framing.h"
#include "random.h"

namespace mailport::framing::test {

TEST("bytes leave in the order in which they were queued, however many at a time") {
  for (const uint64_t seed : check::Seeds(100)) {
    check::Note("SEED=" + std::to_string(seed));
    sctp::test::Random random(seed);
    OutputQueue queue;
    std::string in, out;
    for (int step = 0; step < 300; step++) {
      const std::string more(random.Below(500), static_cast<char>('a' + step % 26));
      queue.Append(BytesOf(more));
      in += more;
      const size_t taken = random.Below(queue.size() + 1);
      out += TextOf(queue.bytes().first(taken));
      queue.TakeFront(taken);
      EXPECT_EQ(queue.size(), in.size() - out.size());
    }
    out += TextOf(queue.bytes());
    EXPECT_TRUE(in == out);
  }
}

TEST("a queue that never runs empty keeps no more memory than a few times what it holds") {
  OutputQueue queue;
  const std::string piece(1000, 'x');
  for (int i = 0; i < 8; i++) queue.Append(BytesOf(piece));
  for (int i = 0; i < 10'000; i++) {
    queue.Append(BytesOf(piece));
    queue.TakeFront(piece.size());
  }
  EXPECT_EQ(queue.size(), 8 * piece.size());
  EXPECT_TRUE(queue.TakeMemory().capacity() <= 40 * piece.size());
}

TEST("an empty queue lends its memory, and uses memory that was lent") {
  OutputQueue one, other;
  one.Append(BytesOf(std::string(5000, 'x')));
  one.TakeFront(5000);
  EXPECT_TRUE(one.empty());
  EXPECT_TRUE(one.has_memory());
  OutputQueue::Memory memory = one.TakeMemory();
  EXPECT_FALSE(one.has_memory());
  const size_t capacity = memory.capacity();
  other.UseMemory(std::move(memory));
  other.Append(BytesOf("abc"));
  EXPECT_EQ(TextOf(other.bytes()), "abc");
  EXPECT_EQ(other.TakeMemory().capacity(), capacity);
  one.Append(BytesOf("def"));
  EXPECT_EQ(TextOf(one.bytes()), "def");
}

}  // namespace mailport::framing::test
