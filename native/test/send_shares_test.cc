// The share that each association of a kernel's one-to-many socket has of its send buffer, against a kernel that counts for all of them.
#include "../src/kernel_sctp/send_shares.h"

#include <algorithm>
#include <map>

#include "check.h"

namespace mailport::kernel_sctp::test {
namespace {

constexpr size_t kBuffer = 400'000;
constexpr size_t kMessage = 1000;
constexpr size_t kCounted = 2300;  // The kernel's count for one message.

struct FakeKernel : SendShares::Kernel {
  bool IsShared() const override { return shared; }
  size_t BufferBytes() const override {
    ++asked;
    return kBuffer;
  }
  size_t QueuedBytes() const override {
    size_t bytes = 0;
    for (const auto& [assoc, held_of] : held) bytes += held_of;
    return bytes;
  }
  bool IsDry(sctp::AssocId assoc) const override { return !held.contains(assoc) || held.at(assoc) == 0; }

  bool shared = true;
  std::map<sctp::AssocId, size_t> held;
  mutable int asked = 0;
};

struct Sending {
  bool Send(sctp::AssocId assoc) {
    if (!shares.Admits(assoc, kMessage, kernel)) return false;
    if (kernel.QueuedBytes() >= kBuffer) {
      shares.Returned(assoc, kMessage);
      return false;
    }
    kernel.held[assoc] += kCounted;
    return true;
  }
  size_t Fill(sctp::AssocId assoc) {
    size_t count = 0;
    while (Send(assoc)) ++count;
    return count;
  }

  FakeKernel kernel;
  SendShares shares;
};

TEST("an association whose peer reads nothing takes half of the buffer and little more, and the others go on through what is left") {
  Sending s;
  s.Fill(3);
  EXPECT_TRUE(s.kernel.QueuedBytes() >= kBuffer / 2 && s.kernel.QueuedBytes() < kBuffer * 3 / 4);
  for (int round = 0; round < 100; round++) {
    const size_t sent = s.Fill(4);
    EXPECT_TRUE(sent >= 1);
    s.kernel.held[4] = 0;
    EXPECT_EQ(s.Fill(3), 0u);
  }
}

TEST("ten whose peers read nothing leave room for one that is read") {
  Sending s;
  for (sctp::AssocId assoc = 10; assoc < 20; assoc++) s.Fill(assoc);
  EXPECT_TRUE(s.kernel.QueuedBytes() < kBuffer);
  for (int round = 0; round < 100; round++) {
    EXPECT_TRUE(s.Fill(4) >= 1);
    s.kernel.held[4] = 0;
  }
}

TEST("whoever was refused is let in again when half of the buffer is free, and the kernel is not asked for each message") {
  Sending s;
  s.Fill(3);
  EXPECT_FALSE(s.Send(3));
  s.kernel.held[3] = kBuffer / 2 - kCounted;
  EXPECT_FALSE(s.Send(3));
  s.kernel.held[3] = kBuffer / 4;
  s.kernel.asked = 0;
  EXPECT_TRUE(s.Fill(3) > 20);
  EXPECT_TRUE(s.kernel.asked < 20);
  s.kernel.asked = 0;
  for (int i = 0; i < 10'000; i++) {
    s.kernel.held.clear();
    EXPECT_TRUE(s.Send(3));
  }
  EXPECT_TRUE(s.kernel.asked < 10'000 / 40);
}

TEST("an association that shares with nobody has all of the buffer, until there is another") {
  Sending s;
  s.kernel.shared = false;
  s.Fill(3);
  EXPECT_TRUE(s.kernel.QueuedBytes() >= kBuffer);
  EXPECT_TRUE(s.kernel.asked < 20);
  s.kernel.shared = true;
  s.kernel.held[3] = kBuffer * 3 / 4;
  EXPECT_TRUE(s.Fill(4) >= 1);
  EXPECT_EQ(s.Fill(3), 0u);
}

TEST("one message is let through whatever its size, and what has ended is forgotten") {
  Sending s;
  EXPECT_TRUE(s.shares.Admits(3, 10 * kBuffer, s.kernel));
  s.Send(3);
  s.Send(4);
  EXPECT_EQ(s.shares.size(), 2u);
  s.shares.Forget(3);
  s.shares.Forget(4);
  s.shares.Forget(5);
  s.shares.Returned(3, kMessage);
  EXPECT_EQ(s.shares.size(), 0u);
}

}  // namespace
}  // namespace mailport::kernel_sctp::test
