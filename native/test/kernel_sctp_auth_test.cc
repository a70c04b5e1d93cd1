// The kernel's questions for authenticated chunks and changes of addresses (RFC 6458 section 8.3), byte by byte, and the use of its answers.
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
constexpr int kChunk = 21, kHmacs = 22, kKey = 23, kActive = 24, kDelete = 25, kPeerChunks = 26, kLocalChunks = 27, kDeactivate = 35, kAsconf = 128, kAuth = 129;

struct Kernel : KernelDouble {
  Kernel() {
    values[{SOL_SOCKET, SO_SNDBUF}] = BytesOf(int{20'000});
    EXPECT_EQ(Socket::Open({}, &socket), 0);
    calls.clear();
  }
  int Set(Option option, const Words& words) { return socket->SetOption(option, {kAssoc, {}, 0}, words); }
  Words Get(Option option) {
    Words words;
    const int error = socket->GetOption(option, {kAssoc, {}, 0}, &words);
    return error == 0 ? words : Words{static_cast<uint32_t>(error)};
  }
  std::unique_ptr<Socket> socket;
};

TEST("authenticated chunks and changes of addresses are offered by the kernel's own options, which older kernels do not have") {
  for (const auto& [option, name] : {std::pair{Option::kAuthSupported, kAuth}, {Option::kAsconfSupported, kAsconf}}) {
    Kernel kernel;
    EXPECT_EQ(kernel.Set(option, {1}), 0);
    EXPECT_EQ(kernel.Last("set", IPPROTO_SCTP, name), BytesOf(sctp_assoc_value{kAssoc, 1}));
    kernel.values[{IPPROTO_SCTP, name}] = BytesOf(sctp_assoc_value{kAssoc, 1});
    EXPECT_EQ(kernel.Get(option), Words{1});
    EXPECT_EQ(kernel.Set(option, {}), EINVAL);
    kernel.refused[{IPPROTO_SCTP, name}] = ENOPROTOOPT;
    EXPECT_EQ(kernel.Set(option, {1}), ENOTSUP);
    EXPECT_EQ(kernel.Get(option), Words{ENOTSUP});
  }
}

TEST("chunk types are given one at a time, and none if one of them cannot be authenticated") {
  Kernel kernel;
  EXPECT_EQ(kernel.Set(Option::kAuthChunk, {0, 193}), 0);
  EXPECT_EQ(kernel.Last("set", IPPROTO_SCTP, kChunk), (Buffer{193}));
  EXPECT_EQ(kernel.Story(), (Story{"set 132/21", "set 132/21"}));
  for (const uint32_t type : {1u, 2u, 14u, 15u, 256u}) EXPECT_EQ(kernel.Set(Option::kAuthChunk, {0, type}), EINVAL);
  EXPECT_EQ(kernel.Set(Option::kAuthChunk, {}), EINVAL);
  EXPECT_EQ(kernel.Story(), (Story{}));
  kernel.refused[{IPPROTO_SCTP, kChunk}] = EACCES;
  EXPECT_EQ(kernel.Set(Option::kAuthChunk, {0}), EACCES);
  EXPECT_EQ(kernel.Get(Option::kAuthChunk), Words{EINVAL});
}

TEST("lists of HMACs and chunks are as long as the kernel says, and no longer than it has written") {
  Kernel kernel;
  EXPECT_EQ(kernel.Set(Option::kHmacIdent, {3, 1}), 0);
  EXPECT_EQ(kernel.Last("set", IPPROTO_SCTP, kHmacs), (Buffer{2, 0, 0, 0, 3, 0, 1, 0}));
  EXPECT_EQ(kernel.Set(Option::kHmacIdent, {}), EINVAL);
  EXPECT_EQ(kernel.Set(Option::kHmacIdent, {65536}), EINVAL);
  kernel.values[{IPPROTO_SCTP, kHmacs}] = {2, 0, 0, 0, 1, 0, 3, 0};
  EXPECT_EQ(kernel.Get(Option::kHmacIdent), (Words{1, 3}));
  kernel.values[{IPPROTO_SCTP, kHmacs}] = {200, 0, 0, 0, 1, 0};
  EXPECT_EQ(kernel.Get(Option::kHmacIdent), (Words{1}));
  for (const auto& [option, name] : {std::pair{Option::kPeerAuthChunks, kPeerChunks}, {Option::kLocalAuthChunks, kLocalChunks}}) {
    kernel.values[{IPPROTO_SCTP, name}] = {77, 0, 0, 0, 3, 0, 0, 0, 0, 6, 193};
    EXPECT_EQ(kernel.Get(option), (Words{0, 6, 193}));
    kernel.values[{IPPROTO_SCTP, name}] = {77, 0, 0, 0, 255, 255, 255, 255, 7};
    EXPECT_EQ(kernel.Get(option), (Words{7}));
    kernel.values[{IPPROTO_SCTP, name}] = {77, 0, 0};
    EXPECT_EQ(kernel.Get(option), (Words{EPROTO}));
    kernel.refused[{IPPROTO_SCTP, name}] = EACCES;
    EXPECT_EQ(kernel.Get(option), (Words{EACCES}));
    EXPECT_EQ(kernel.Set(option, {1}), EINVAL);
  }
}

TEST("a key goes to the kernel with its number and exactly its bytes") {
  Kernel kernel;
  EXPECT_EQ(kernel.Set(Option::kAuthKey, {0x0102, 5, 0x61626364, 0x65000000}), 0);
  EXPECT_EQ(kernel.Last("set", IPPROTO_SCTP, kKey), (Buffer{77, 0, 0, 0, 2, 1, 5, 0, 'a', 'b', 'c', 'd', 'e'}));
  for (const Words& words : {Words{}, {1}, {1, 0}, {1, 5, 0}, {65536, 1, 0}, {1, 65536, 0}}) EXPECT_EQ(kernel.Set(Option::kAuthKey, words), EINVAL);
  kernel.refused[{IPPROTO_SCTP, kKey}] = EACCES;
  EXPECT_EQ(kernel.Set(Option::kAuthKey, {1, 1, 0}), EACCES);
}

TEST("keys are named by their numbers, and the kernel says which one is active") {
  Kernel kernel;
  for (const auto& [option, name] : {std::pair{Option::kAuthActiveKey, kActive}, {Option::kAuthDeleteKey, kDelete}, {Option::kAuthDeactivateKey, kDeactivate}}) {
    EXPECT_EQ(kernel.Set(option, {0x0304}), 0);
    const Buffer given = kernel.Last("set", IPPROTO_SCTP, name);
    EXPECT_EQ(Buffer(given.begin(), given.begin() + 6), (Buffer{77, 0, 0, 0, 4, 3}));
    EXPECT_EQ(given.size(), 8u);
    EXPECT_EQ(kernel.Set(option, {65536}), EINVAL);
    EXPECT_EQ(kernel.Set(option, {1, 2}), EINVAL);
  }
  kernel.values[{IPPROTO_SCTP, kActive}] = {77, 0, 0, 0, 9, 1, 0, 0};
  EXPECT_EQ(kernel.Get(Option::kAuthActiveKey), Words{0x0109});
  kernel.refused[{IPPROTO_SCTP, kDeactivate}] = ENOPROTOOPT;
  EXPECT_EQ(kernel.Set(Option::kAuthDeactivateKey, {1}), ENOTSUP);
  EXPECT_EQ(kernel.Get(Option::kAuthDeleteKey), Words{EINVAL});
}

}  // namespace
}  // namespace mailport::kernel_sctp::test

#endif
