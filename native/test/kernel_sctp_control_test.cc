// Control messages of the kernel's SCTP, as bytes: written and read back, cut off, and lying about their length.
#if defined(__linux__)

#include <cstddef>
#include <memory>

#include "check.h"
#include "kernel_sctp_bytes.h"
#include "random.h"

namespace mailport::io::test {
namespace {

using sctp::Item;

}  // namespace

TEST("RFC 6458 5.3.2: what is written for a send is read back, and found behind other control messages") {
  const Buffer control = Control(77, 3);
  Item item;
  EXPECT_TRUE(ReadSendReceiveInfo(control, &item));
  EXPECT_EQ(item.assoc_id, 77);
  EXPECT_EQ(item.stream, 3);
  EXPECT_EQ(item.ppid, 0xb2d05e00);
  EXPECT_EQ(item.flags, sctp::kFlagUnordered);
  Buffer other(CMSG_SPACE(1));
  cmsghdr header{};
  header.cmsg_len = CMSG_LEN(1);
  header.cmsg_level = SOL_SOCKET;
  std::memcpy(other.data(), &header, sizeof(header));
  Buffer both = other;
  both.insert(both.end(), control.begin(), control.end());
  EXPECT_TRUE(ReadSendReceiveInfo(both, &item));
  EXPECT_FALSE(ReadSendReceiveInfo(other, &item));
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
    sctp::test::Random random(seed);
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

}  // namespace mailport::io::test

#endif
