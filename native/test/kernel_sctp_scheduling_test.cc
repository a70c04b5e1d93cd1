// The kernel's questions for interleaving and stream schedulers (RFC 8260 section 4.3), byte by byte, and the use of its answers.
#if defined(__linux__)

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <netinet/in.h>

#include <cerrno>
#include <memory>

#include "../src/kernel_sctp/socket.h"
#include "check.h"
#include "kernel_double.h"

namespace mailport::kernel_sctp::test {
namespace {

using sctp::Option;
using Words = std::vector<uint32_t>;
using Story = std::vector<std::string>;

constexpr sctp::AssocId kAssoc = 77;
constexpr int kFragmentInterleave = 18, kScheduler = 123, kSchedulerValue = 124, kInterleaving = 125;

struct StreamValue {
  int32_t assoc;
  uint16_t stream, value;
};

struct Kernel : KernelDouble {
  Kernel() {
    values[{SOL_SOCKET, SO_SNDBUF}] = BytesOf(int{20'000});
    EXPECT_EQ(Socket::Open({}, &socket), 0);
    Uses(0);
    calls.clear();
  }
  void Uses(uint32_t scheduler) { values[{IPPROTO_SCTP, kScheduler}] = BytesOf(sctp_assoc_value{kAssoc, scheduler}); }
  int Set(Option option, const Words& words) { return socket->SetOption(option, {kAssoc, {}, 0}, words); }
  Words Get(Option option, uint16_t stream = 0) {
    Words words;
    const int error = socket->GetOption(option, {kAssoc, {}, 0, stream}, &words);
    return error == 0 ? words : Words{static_cast<uint32_t>(error)};
  }
  std::unique_ptr<Socket> socket;
};

TEST("interleaving asks the kernel for parts of several messages by turns first, and cannot be had if the host forbids it") {
  Kernel kernel;
  EXPECT_EQ(kernel.Set(Option::kInterleavingSupported, {1}), 0);
  EXPECT_EQ(kernel.Last("set", IPPROTO_SCTP, kFragmentInterleave), BytesOf(int{1}));
  EXPECT_EQ(kernel.Last("set", IPPROTO_SCTP, kInterleaving), BytesOf(sctp_assoc_value{kAssoc, 1}));
  EXPECT_EQ(kernel.Story(), (Story{"set 132/18", "set 132/125"}));
  EXPECT_EQ(kernel.Set(Option::kInterleavingSupported, {0}), 0);
  EXPECT_EQ(kernel.Story(), (Story{"set 132/125"}));
  kernel.values[{IPPROTO_SCTP, kInterleaving}] = BytesOf(sctp_assoc_value{kAssoc, 1});
  EXPECT_EQ(kernel.Get(Option::kInterleavingSupported), Words{1});
  kernel.refused[{IPPROTO_SCTP, kInterleaving}] = EPERM;
  EXPECT_EQ(kernel.Set(Option::kInterleavingSupported, {1}), ENOTSUP);
  kernel.refused[{IPPROTO_SCTP, kInterleaving}] = ENOPROTOOPT;
  EXPECT_EQ(kernel.Set(Option::kInterleavingSupported, {1}), ENOTSUP);
  EXPECT_EQ(kernel.Set(Option::kFragmentInterleave, {2}), 0);
  EXPECT_EQ(kernel.Last("set", IPPROTO_SCTP, kFragmentInterleave), BytesOf(int{1}));
  kernel.values[{IPPROTO_SCTP, kFragmentInterleave}] = BytesOf(int{1});
  EXPECT_EQ(kernel.Get(Option::kFragmentInterleave), Words{1});
}

TEST("a scheduler that this kernel does not have is not supported; a wrong number or association is a mistake") {
  Kernel kernel;
  EXPECT_EQ(kernel.Set(Option::kStreamScheduler, {2}), 0);
  EXPECT_EQ(kernel.Last("set", IPPROTO_SCTP, kScheduler), BytesOf(sctp_assoc_value{kAssoc, 2}));
  kernel.Uses(2);
  EXPECT_EQ(kernel.Get(Option::kStreamScheduler), Words{2});
  EXPECT_EQ(kernel.Set(Option::kStreamScheduler, {6}), EINVAL);
  EXPECT_EQ(kernel.Set(Option::kStreamScheduler, {}), EINVAL);
  kernel.calls.clear();
  EXPECT_EQ(kernel.Set(Option::kStreamScheduler, {5}), ENOTSUP);
  EXPECT_EQ(kernel.Story(), (Story{"get 132/123"}));
  kernel.refused[{IPPROTO_SCTP, kScheduler}] = ENOPROTOOPT;
  EXPECT_EQ(kernel.Set(Option::kStreamScheduler, {1}), ENOTSUP);
  kernel.refused[{IPPROTO_SCTP, kScheduler}] = EINVAL;
  EXPECT_EQ(kernel.Set(Option::kStreamScheduler, {4}), EINVAL);
}

TEST("a stream's value goes to the kernel only with a scheduler that uses it") {
  for (const uint32_t scheduler : {0u, 1u, 2u, 3u, 4u}) {
    Kernel kernel;
    kernel.Uses(scheduler);
    const bool uses = scheduler == 1 || scheduler == 4;
    EXPECT_EQ(kernel.Set(Option::kStreamSchedulerValue, {3, 9}), uses ? 0 : EINVAL);
    EXPECT_EQ(kernel.Last("set", IPPROTO_SCTP, kSchedulerValue), uses ? BytesOf(StreamValue{kAssoc, 3, 9}) : Buffer{});
  }
  Kernel kernel;
  kernel.Uses(1);
  for (const Words& words : {Words{65'536, 1}, Words{1, 65'536}, Words{1}}) EXPECT_EQ(kernel.Set(Option::kStreamSchedulerValue, words), EINVAL);
  kernel.values[{IPPROTO_SCTP, kSchedulerValue}] = BytesOf(StreamValue{kAssoc, 3, 9});
  EXPECT_EQ(kernel.Get(Option::kStreamSchedulerValue, 3), (Words{3, 9}));
  EXPECT_EQ(kernel.Last("get", IPPROTO_SCTP, kSchedulerValue), BytesOf(StreamValue{kAssoc, 3, 0}));
}

}  // namespace
}  // namespace mailport::kernel_sctp::test

#endif
