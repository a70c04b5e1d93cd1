// The parsers of the kernel's SCTP messages and notifications, fed with noise: they read nothing beyond the given bytes (run this under the sanitizers),
// and an item's payload lies within them. Seeded; SEED=n replays one.
#if defined(__linux__)

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "../src/kernel_sctp/assembly.h"
#include "../src/kernel_sctp/control_messages.h"
#include "../src/kernel_sctp/received_parts.h"
#include "check.h"
#include "notifications.h"
#include "random.h"
#include "sound_item.h"

namespace mailport::kernel_sctp::test {
namespace {

using sctp::Item;
using sctp::ItemKind;
using sctp::test::Random;

// Noise with a type that Linux has, or had, or may come to have, and a length that may lie.
Buffer Noise(Random& random) {
  Buffer bytes(random.Below(300));
  random.Fill(bytes);
  if (bytes.size() >= 8 && random.Chance(0.8)) {
    const auto type = static_cast<uint16_t>(SCTP_SN_TYPE_BASE + random.Below(20));
    std::memcpy(bytes.data(), &type, sizeof(type));
    const auto length = static_cast<uint32_t>(random.Chance(0.7) ? random.Below(320) : random.Next());
    std::memcpy(bytes.data() + 4, &length, sizeof(length));
  }
  return bytes;
}

Buffer Changed(Random& random, Buffer bytes) {
  for (uint64_t changes = random.Below(5); changes > 0; changes--) {
    bytes[random.Below(bytes.size())] = static_cast<uint8_t>(random.Next());
  }
  return bytes;
}

Buffer Notification(Random& random) {
  const std::vector<Sample> samples = Samples();
  return random.Chance(0.6) ? Changed(random, samples[random.Below(samples.size())].bytes) : Noise(random);
}

}  // namespace

TEST("random notifications, and real ones with bytes changed, are read within their bytes") {
  for (const uint64_t seed : check::Seeds(20000)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    const Buffer bytes = Notification(random);
    Item item;
    if (Parse(bytes, random.Below(bytes.size() + 1), &item) == NotificationKind::kItem) ExpectSound(item);
  }
}

TEST("each notification with each of its bytes changed, whole and cut off anywhere") {
  Random random(1);
  for (const Sample& sample : Samples()) {
    for (size_t at = 0; at < sample.bytes.size(); at++) {
      Buffer bytes = sample.bytes;
      bytes[at] = static_cast<uint8_t>(random.Next());
      for (size_t length = 0; length <= bytes.size(); length++) {
        Item item;
        if (Parse(bytes, length, &item) == NotificationKind::kItem) ExpectSound(item);
      }
    }
  }
}

TEST("control messages that are cut off or lie about their length give nothing") {
  const Buffer control = Control(77, 3);
  Item item;
  for (size_t length = 0; length < CMSG_LEN(32); length++) {
    const auto exact = std::make_unique<uint8_t[]>(length);
    if (length > 0) std::memcpy(exact.get(), control.data(), length);
    EXPECT_FALSE(ReadSendReceiveInfo({exact.get(), length}, &item));
  }
  for (const size_t lie : {size_t{0}, size_t{1}, CMSG_LEN(0) - 1, CMSG_LEN(31), control.size() + 1, SIZE_MAX, SIZE_MAX - 6}) {
    Buffer bytes = control;
    std::memcpy(bytes.data() + offsetof(cmsghdr, cmsg_len), &lie, sizeof(lie));
    EXPECT_FALSE(ReadSendReceiveInfo(bytes, &item));
  }
  for (const uint64_t seed : check::Seeds(20000)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    const size_t length = random.Below(120);
    const auto exact = std::make_unique<uint8_t[]>(length);
    random.Fill({exact.get(), length});
    if (random.Chance(0.5) && length >= sizeof(size_t)) {
      const size_t small = random.Below(130);
      std::memcpy(exact.get(), &small, sizeof(small));
    }
    ReadSendReceiveInfo({exact.get(), length}, &item);
  }
}

TEST("parts in any order, of any kind, whole or not, give sound items and keep no more than they should") {
  for (const uint64_t seed : check::Seeds(2000)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    Assembly assembly;
    size_t given = 0;
    for (int step = 0; step < 40; step++) {
      const bool notification = random.Chance(0.5);
      const Buffer bytes = notification ? Notification(random) : Noise(random);
      Buffer control = Control(static_cast<uint32_t>(3 + random.Below(3)), static_cast<uint16_t>(random.Below(3)));
      if (random.Chance(0.3)) control = Changed(random, std::move(control));
      control.resize(random.Chance(0.2) ? random.Below(control.size() + 1) : control.size());
      // Memory of exactly that length, so that the sanitizer sees a byte too far.
      const auto exact = std::make_unique<uint8_t[]>(bytes.size());
      std::copy(bytes.begin(), bytes.end(), exact.get());
      Part part;
      part.data = {exact.get(), bytes.size()};
      part.control = control;
      part.notification = notification;
      part.last = random.Chance(0.6);
      given += bytes.size();
      Item item;
      if (assembly.Take(part, &item) == Assembly::Outcome::kItem) {
        ExpectSound(item);
        EXPECT_TRUE(item.data.size() <= given);
        // All of the payload can be read.
        EXPECT_TRUE(std::count(item.data.begin(), item.data.end(), 0) <= static_cast<ptrdiff_t>(item.data.size()));
      }
      EXPECT_TRUE(assembly.bytes() <= given);
      if (random.Chance(0.1)) assembly.Drop(static_cast<uint32_t>(3 + random.Below(3)));
    }
  }
}

}  // namespace mailport::kernel_sctp::test

#endif
