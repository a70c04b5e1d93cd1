// Control messages of the kernel's SCTP, as bytes: written and read back. At random in kernel_sctp_fuzz_test.cc.
#if defined(__linux__)

#include <sys/socket.h>

#include <cstddef>

#include "../src/kernel_sctp/control_messages.h"
#include "check.h"
#include "notifications.h"

namespace mailport::kernel_sctp::test {
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

}  // namespace mailport::kernel_sctp::test

#endif
