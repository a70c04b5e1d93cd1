// Sending and receiving with the kernel's SCTP: the parameters that go down with each message, whose defaults it takes, sends that are refused before the
// kernel sees them, and the items made of what comes up.
#if defined(__linux__)

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <netinet/in.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include "../src/kernel_sctp/option_calls.h"
#include "../src/kernel_sctp/control_messages.h"
#include "../src/kernel_sctp/received_parts.h"
#include "../src/kernel_sctp/outgoing_messages.h"
#include "../src/kernel_sctp/socket.h"
#include "check.h"
#include "kernel_double.h"

namespace mailport::kernel_sctp::test {
namespace {

using sctp::Option;
using Words = std::vector<uint32_t>;

struct Kernel : KernelDouble {
  Kernel() {
    values[{SOL_SOCKET, SO_SNDBUF}] = BytesOf(int{20'000});  // 10,000 for users.
    EXPECT_EQ(Socket::Open({}, &socket), 0);
    calls.clear();
  }
  std::vector<Call> Sent() const {
    std::vector<Call> sent;
    for (const Call& call : calls)
      if (call.what == "send") sent.push_back(call);
    return sent;
  }
  size_t Asked(int name) const {
    size_t count = 0;
    for (const Call& call : calls) count += call.what == "get" && call.level == IPPROTO_SCTP && call.name == name;
    return count;
  }
  std::unique_ptr<Socket> socket;
};

sctp::SendParams ParamsOf(sctp::AssocId assoc, uint32_t stream = 0) {
  sctp::SendParams params;
  params.assoc_id = assoc, params.stream = stream;
  return params;
}

sctp_sndrcvinfo InfoOf(const Buffer& control) {
  sctp_sndrcvinfo info{};
  cmsghdr header{};
  REQUIRE(control.size() == CMSG_SPACE(sizeof(info)));
  std::memcpy(&header, control.data(), sizeof(header));
  EXPECT_EQ(header.cmsg_level, IPPROTO_SCTP);
  EXPECT_EQ(static_cast<int>(header.cmsg_type), static_cast<int>(SCTP_SNDRCV));
  EXPECT_EQ(header.cmsg_len, CMSG_LEN(sizeof(info)));
  std::memcpy(&info, control.data() + CMSG_LEN(0), sizeof(info));
  return info;
}

// The bytes of a literal, or of a string that outlives their use.
sctp::Bytes BytesIn(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

// The association's defaults, as the kernel keeps them.
sctp_sndrcvinfo Defaults() {
  sctp_sndrcvinfo info{};
  info.sinfo_flags = SCTP_UNORDERED | (2 << 4), info.sinfo_ppid = htonl(5), info.sinfo_context = 6, info.sinfo_timetolive = 7;
  return info;
}

}  // namespace

TEST("a message goes down with its stream, flags, protocol, context, lifetime and association; interrupted, again") {
  Kernel kernel;
  kernel.failing["send"] = {EINTR, 2};
  sctp::SendParams params = ParamsOf(41, 3);
  params.flags = sctp::kFlagUnordered | sctp::kFlagPrTtl, params.ppid = 0x01020304, params.context = 5, params.time_to_live_ms = 6;
  EXPECT_EQ(kernel.socket->Send(params, BytesIn("hello")), 0);
  const auto sent = kernel.Sent();
  REQUIRE(sent.size() == 1);
  EXPECT_EQ(Text(sent[0].bytes), "hello");
  EXPECT_EQ(sent[0].name, MSG_NOSIGNAL | MSG_DONTWAIT);
  const sctp_sndrcvinfo info = InfoOf(sent[0].control);
  EXPECT_EQ(info.sinfo_stream, 3);
  EXPECT_EQ(info.sinfo_flags, SCTP_UNORDERED | 0x10);
  EXPECT_EQ(info.sinfo_ppid, htonl(0x01020304));
  EXPECT_EQ(info.sinfo_context, 5u);
  EXPECT_EQ(info.sinfo_timetolive, 6u);
  EXPECT_EQ(info.sinfo_assoc_id, 41);
  kernel.failing["send"] = {EAGAIN, 1};
  EXPECT_EQ(kernel.socket->Send(params, BytesIn("hello")), EAGAIN);
}

TEST("SD-10: streams beyond 16 bits and messages beyond the buffer are refused unasked, and all of them on a socket that has ended") {
  Kernel kernel;
  const std::string fits(10'000, 'x'), large(10'001, 'x');
  EXPECT_EQ(kernel.socket->Send(ParamsOf(41, 65536), BytesIn("x")), EINVAL);
  EXPECT_EQ(kernel.socket->Send(ParamsOf(41), BytesIn(large)), EMSGSIZE);
  EXPECT_TRUE(kernel.calls.empty());
  EXPECT_EQ(kernel.socket->Send(ParamsOf(41, 65535), BytesIn(fits)), 0);
  kernel.values[{SOL_SOCKET, SO_SNDBUF}] = BytesOf(int{20'002});
  EXPECT_EQ(kernel.socket->SetOption(Option::kSndbuf, {}, Words{10'001}), 0);
  kernel.values[{SOL_SOCKET, SO_SNDBUF}] = BytesOf(int{20'002});
  EXPECT_EQ(kernel.socket->Send(ParamsOf(41), BytesIn(large)), EMSGSIZE);  // The kernel's value at that set counts: 5,000.
  kernel.socket->AbortAndClose();
  EXPECT_EQ(kernel.socket->Send(ParamsOf(41), BytesIn("x")), EPIPE);
}

TEST("SD-1: defaults are asked for once any have been set, by either option, and are zeros if they cannot be had") {
  for (const Option option : {Option::kDefaultSendParam, Option::kDefaultPrinfo}) {
    Kernel kernel;
    sctp::SendParams params = ParamsOf(41, 3);
    params.use_defaults = true, params.ppid = 99;
    EXPECT_EQ(kernel.socket->Send(params, BytesIn("x")), 0);
    EXPECT_EQ(kernel.Asked(SCTP_DEFAULT_SEND_PARAM), 0u);
    EXPECT_EQ(InfoOf(kernel.Sent().back().control).sinfo_ppid, 0u);
    EXPECT_EQ(kernel.socket->SetOption(option, {}, option == Option::kDefaultPrinfo ? Words{1, 5} : Words{0, 0, 0, 0, 0}), 0);
    kernel.calls.clear();
    kernel.values[{IPPROTO_SCTP, SCTP_DEFAULT_SEND_PARAM}] = BytesOf(Defaults());
    EXPECT_EQ(kernel.socket->Send(params, BytesIn("x")), 0);
    EXPECT_EQ(kernel.Asked(SCTP_DEFAULT_SEND_PARAM), 1u);
    sctp_sndrcvinfo info = InfoOf(kernel.Sent().back().control);
    EXPECT_EQ(info.sinfo_stream, 3);
    EXPECT_EQ(info.sinfo_flags, SCTP_UNORDERED | (2 << 4));
    EXPECT_EQ(ntohl(info.sinfo_ppid), 5u);
    EXPECT_EQ(info.sinfo_context, 6u);
    EXPECT_EQ(info.sinfo_timetolive, 7u);
    EXPECT_EQ(info.sinfo_assoc_id, 41);
    kernel.refused[{IPPROTO_SCTP, SCTP_DEFAULT_SEND_PARAM}] = EINVAL;
    EXPECT_EQ(kernel.socket->Send(params, BytesIn("x")), 0);
    info = InfoOf(kernel.Sent().back().control);
    EXPECT_EQ(info.sinfo_ppid + info.sinfo_flags + info.sinfo_timetolive, 0u);
  }
  Kernel kernel;
  kernel.refused[{IPPROTO_SCTP, SCTP_DEFAULT_SEND_PARAM}] = EINVAL;
  EXPECT_EQ(kernel.socket->SetOption(Option::kDefaultSendParam, {}, Words{0, 0, 0, 0, 0}), EINVAL);
  kernel.calls.clear();
  sctp::SendParams params = ParamsOf(41);
  params.use_defaults = true;
  EXPECT_EQ(kernel.socket->Send(params, BytesIn("x")), 0);
  EXPECT_EQ(kernel.Asked(SCTP_DEFAULT_SEND_PARAM), 0u);  // None have been set.
}

TEST("many messages: defaults are asked for once for neighbours of one association, streams stay each message's own") {
  Kernel kernel;
  EXPECT_EQ(kernel.socket->SetOption(Option::kDefaultSendParam, {}, Words{0, 0, 0, 0, 0}), 0);
  kernel.values[{IPPROTO_SCTP, SCTP_DEFAULT_SEND_PARAM}] = BytesOf(Defaults());
  kernel.calls.clear();
  std::vector<sctp::SendRequest> requests;
  for (const auto& [assoc, stream] : {std::pair{41u, 1u}, {41u, 2u}, {42u, 3u}, {42u, 4u}}) {
    sctp::SendRequest request{ParamsOf(assoc, stream), BytesIn("x")};
    request.params.use_defaults = true;
    requests.push_back(request);
  }
  const sctp::SendsTaken taken = kernel.socket->SendMany(requests);
  EXPECT_EQ(taken.count, 4u);
  EXPECT_EQ(taken.error, 0);
  EXPECT_EQ(kernel.Asked(SCTP_DEFAULT_SEND_PARAM), 2u);
  const auto sent = kernel.Sent();
  REQUIRE(sent.size() == 4);
  for (size_t i = 0; i < 4; ++i) {
    const sctp_sndrcvinfo info = InfoOf(sent[i].control);
    EXPECT_EQ(info.sinfo_stream, i + 1);
    EXPECT_EQ(info.sinfo_assoc_id, i < 2 ? 41 : 42);
    EXPECT_EQ(ntohl(info.sinfo_ppid), 5u);
  }
  // A message with parameters of its own is no example for the next.
  kernel.calls.clear();
  requests[0].params.use_defaults = false;
  requests[0].params.ppid = 9;
  EXPECT_EQ(kernel.socket->SendMany(requests).count, 4u);
  EXPECT_EQ(ntohl(InfoOf(kernel.Sent()[0].control).sinfo_ppid), 9u);
  EXPECT_EQ(ntohl(InfoOf(kernel.Sent()[1].control).sinfo_ppid), 5u);
}

TEST("many messages: more than a batch, up to the one that is refused here or by the kernel, and nothing after it") {
  std::vector<sctp::SendRequest> requests(150, {ParamsOf(41), BytesIn("x")});
  Kernel kernel;
  sctp::SendsTaken taken = kernel.socket->SendMany(requests);
  EXPECT_EQ(taken.count, 150u);
  EXPECT_EQ(taken.error, 0);
  EXPECT_EQ(kernel.Sent().size(), 150u);
  requests[100].params.stream = 65536;
  kernel.calls.clear();
  taken = kernel.socket->SendMany(requests);
  EXPECT_EQ(taken.count, 100u);
  EXPECT_EQ(taken.error, EINVAL);
  EXPECT_EQ(kernel.Sent().size(), 100u);
  kernel.failing["send"] = {ENOTCONN, 1};
  kernel.calls.clear();
  taken = kernel.socket->SendMany(requests);
  EXPECT_EQ(taken.count, 0u);
  EXPECT_EQ(taken.error, ENOTCONN);
  requests[0].params.stream = 65536;
  EXPECT_EQ(kernel.socket->SendMany(requests).error, EINVAL);
  EXPECT_EQ(kernel.socket->SendMany({}).count, 0u);
}

TEST("messages that wait behind one that is not taken are released by a heartbeat on the association's primary path") {
  Kernel kernel;
  constexpr int kMemInfo = 55;  // SO_MEMINFO
  kernel.values[{SOL_SOCKET, kMemInfo}] = BytesOf(std::array<uint32_t, 9>{0, 0, 0, 10'000'000, 0, 0, 0, 0, 0});
  sctp_status status{};
  status.sstat_assoc_id = 41;
  sockaddr_in address{};
  address.sin_family = AF_INET, address.sin_port = htons(9);
  std::memcpy(&status.sstat_primary.spinfo_address, &address, sizeof(address));
  kernel.values[{IPPROTO_SCTP, SCTP_STATUS}] = BytesOf(status);
  const std::vector<sctp::SendRequest> requests(2, {ParamsOf(41), BytesIn("x")});
  // The first message is taken with the promise of more; the second is not taken.
  kernel.fails_after = 1;
  kernel.failing["send"] = {ENOMEM, 1};
  const sctp::SendsTaken taken = kernel.socket->SendMany(requests);
  EXPECT_EQ(taken.count, 1u);
  EXPECT_EQ(taken.error, ENOMEM);
  EXPECT_EQ(kernel.Sent().at(0).name & MSG_MORE, MSG_MORE);
  sctp_paddrparams params{};
  params.spp_assoc_id = 41;
  std::memcpy(&params.spp_address, &address, sizeof(address));
  params.spp_flags = SPP_HB_DEMAND;
  EXPECT_EQ(kernel.Last("set", IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS), BytesOf(params, kPeerAddrParamsBytes));
  // For an association that has ended there is nothing to release.
  kernel.refused[{IPPROTO_SCTP, SCTP_STATUS}] = EINVAL;
  kernel.calls.clear();
  kernel.fails_after = 1;
  kernel.failing["send"] = {ENOMEM, 1};
  EXPECT_EQ(kernel.socket->SendMany(requests).count, 1u);
  EXPECT_TRUE(kernel.Last("set", IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS).empty());
}

TEST("how much may wait is read from the buffer: its size, and what neither of the kernel's counts has taken") {
  constexpr int kMemInfo = 55;  // SO_MEMINFO
  // Words 2 and 5 are the used bytes, by two ways of counting; word 3 is the size. Two messages of a byte cost 4,104.
  const std::pair<std::array<uint32_t, 9>, bool> infos[] = {
      {{9, 9, 0, 100'000, 9, 0, 9, 9, 9}, true},      {{9, 9, 95'896, 100'000, 9, 0, 9, 9, 9}, true},  {{9, 9, 95'897, 100'000, 9, 0, 9, 9, 9}, false},
      {{9, 9, 0, 100'000, 9, 95'897, 9, 9, 9}, false}, {{9, 9, 0, 100'000, 9, 95'896, 9, 9, 9}, true}, {{9, 9, 200'000, 100'000, 9, 0, 9, 9, 9}, false},
  };
  for (const auto& [words, more] : infos) {
    check::Note(std::to_string(words[2]) + " and " + std::to_string(words[5]));
    Kernel kernel;
    kernel.values[{SOL_SOCKET, kMemInfo}] = BytesOf(words);
    const std::vector<sctp::SendRequest> requests(2, {ParamsOf(41), BytesIn("x")});
    EXPECT_EQ(kernel.socket->SendMany(requests).count, 2u);
    EXPECT_EQ((kernel.Sent().at(0).name & MSG_MORE) != 0, more);
  }
}

TEST("parts come up with their place, their peer and whether they are the last; each call begins from nothing") {
  Kernel kernel;
  ReceivedParts batch;
  EXPECT_EQ(batch.Receive(kernel.socket->fd(), 10), EAGAIN);
  EXPECT_EQ(batch.count(), 0u);
  sockaddr_in address{};
  address.sin_family = AF_INET, address.sin_port = htons(2006);
  inet_pton(AF_INET, "10.0.0.9", &address.sin_addr);
  constexpr int kNotification = 0x8000;
  kernel.arriving.push_back({{'a', 'b'}, Control(77, 3), BytesOf(address), MSG_EOR});
  kernel.arriving.push_back({{'c'}, {}, {}, 0});
  kernel.arriving.push_back({{'d'}, {}, {}, MSG_EOR | kNotification});
  EXPECT_EQ(batch.Receive(kernel.socket->fd(), 2), 0);
  REQUIRE(batch.count() == 2);
  Part part = batch.part(0);
  EXPECT_EQ(Text(part.data), "ab");
  EXPECT_TRUE(part.last && !part.notification);
  EXPECT_EQ(part.peer_port, 2006);
  EXPECT_EQ(io::FormatAddress(part.peer), "10.0.0.9");
  sctp::Item item;
  EXPECT_TRUE(ReadSendReceiveInfo(part.control, &item));
  EXPECT_EQ(item.assoc_id, 77u);
  EXPECT_EQ(item.stream, 3u);
  part = batch.part(1);
  EXPECT_EQ(Text(part.data), "c");
  EXPECT_TRUE(!part.last && !part.notification && part.control.empty());
  EXPECT_EQ(part.peer_port, 0);
  EXPECT_EQ(batch.Receive(kernel.socket->fd(), 10), 0);
  REQUIRE(batch.count() == 1);
  part = batch.part(0);
  EXPECT_EQ(Text(part.data), "d");
  EXPECT_TRUE(part.last && part.notification && part.control.empty());
  EXPECT_EQ(part.peer.family, 0);
  EXPECT_EQ(batch.Receive(kernel.socket->fd(), 10), EAGAIN);
  EXPECT_EQ(batch.count(), 0u);
  kernel.failing["recvmmsg"] = {ECONNRESET, 1};
  EXPECT_EQ(batch.Receive(kernel.socket->fd(), 10), ECONNRESET);
}

}  // namespace mailport::kernel_sctp::test

#endif
