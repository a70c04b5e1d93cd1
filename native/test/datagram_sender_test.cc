// Which datagrams go into which call, and what a refusal does to them: over a double of the kernel's call, and over sockets of loopback.
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "../src/io/datagram_sender.h"
#include "../src/io/inet_socket.h"
#include "../src/io/udp_options.h"
#include "check.h"

namespace mailport::io::test {
namespace {

// Notes the messages of each call, as "length", or "length*segments" for a piece, and answers as it is told.
class CallDouble final : public SendMessagesCall {
 public:
  // Of a call: how many messages are taken, or a negative errno.
  std::function<int(unsigned count)> answer = [](unsigned count) { return static_cast<int>(count); };
  std::vector<std::string> calls;

  int Send(MessageHeader* messages, unsigned count) override {
    std::string call;
    for (unsigned i = 0; i < count; i++) call += (i == 0 ? "" : " ") + Written(messages[i].msg_hdr);
    calls.push_back(call);
    const int answered = answer(count);
    if (answered >= 0) return answered;
    errno = -answered;
    return -1;
  }

 private:
  static std::string Written(const msghdr& header) {
    std::string text = std::to_string(header.msg_iov[0].iov_len);
    if (header.msg_iovlen > 1) text += "*" + std::to_string(header.msg_iovlen);
    return text;
  }
};

OutgoingDatagram To(uint16_t port, size_t bytes) {
  static const std::vector<uint8_t> kMemory(100'000, 'x');
  OutgoingDatagram datagram;
  datagram.payload = {kMemory.data(), bytes};
  datagram.addressed = port != 0;
  datagram.address[0] = 0x7f000001;
  datagram.port = port;
  return datagram;
}

std::vector<OutgoingDatagram> Several(const std::vector<size_t>& lengths, uint16_t port = 9) {
  std::vector<OutgoingDatagram> datagrams;
  for (const size_t length : lengths) datagrams.push_back(To(port, length));
  return datagrams;
}

struct Outcome {
  size_t count;
  int error;
  std::vector<std::string> calls;
};

Outcome Send(const std::vector<OutgoingDatagram>& datagrams, const DatagramSendRules& rules, CallDouble* call) {
  DatagramSender sender;
  const DatagramsSent sent = sender.Send(*call, rules, datagrams);
  EXPECT_EQ(sent.calls, call->calls.size());
  return {sent.count, sent.error, call->calls};
}

constexpr DatagramSendRules kPlain{};
constexpr DatagramSendRules kSegmenting{.family = InetFamily::kIpv4, .segments = true};

using Calls = std::vector<std::string>;

}  // namespace

TEST("datagrams go 64 to a call") {
  CallDouble call;
  const Outcome outcome = Send(Several(std::vector<size_t>(130, 1)), kPlain, &call);
  EXPECT_EQ(outcome.count, 130u);
  EXPECT_EQ(outcome.error, 0);
  REQUIRE(outcome.calls.size() == 3u);
  EXPECT_EQ(outcome.calls[2], "1 1");
}

TEST("a call that takes some is followed by one with the rest, and the error of that one ends it") {
  CallDouble call;
  call.answer = [&](unsigned) { return call.calls.size() == 1 ? 2 : -ENOBUFS; };
  const Outcome outcome = Send(Several({1, 2, 3, 4}), kPlain, &call);
  EXPECT_EQ(outcome.count, 2u);
  EXPECT_EQ(outcome.error, ENOBUFS);
  EXPECT_EQ(outcome.calls, (Calls{"1 2 3 4", "3 4"}));
}

TEST("UE-3: on a connected socket what follows a failed call goes one by one, so that no error is lost") {
  CallDouble call;
  call.answer = [&](unsigned) { return call.calls.size() == 3 ? -ECONNREFUSED : 1; };
  const DatagramSendRules connected{.family = InetFamily::kIpv4, .segments = false, .connected = true};
  const Outcome outcome = Send(Several({1, 2, 3, 4}, 0), connected, &call);
  EXPECT_EQ(outcome.count, 2u);
  EXPECT_EQ(outcome.error, ECONNREFUSED);
  EXPECT_EQ(outcome.calls, (Calls{"1 2 3 4", "2", "3"}));
  CallDouble careful;
  const DatagramSendRules one_by_one{.family = InetFamily::kIpv4, .segments = true, .connected = true, .one_by_one = true};
  EXPECT_EQ(Send(Several({5, 5, 5}, 0), one_by_one, &careful).calls, (Calls{"5", "5", "5"}));
}

TEST("a run of one length and destination is one piece, which a shorter one ends") {
  CallDouble call;
  std::vector<OutgoingDatagram> datagrams = Several({100, 100, 100, 50, 100, 100, 200, 0, 0, 7});
  datagrams.push_back(To(10, 7));
  EXPECT_EQ(Send(datagrams, kSegmenting, &call).calls, (Calls{"100*4 100*2 200 0 0 7 7"}));
}

TEST("a piece has 64 datagrams and 65,507 bytes at most, and a call four such pieces") {
  CallDouble call;
  EXPECT_EQ(Send(Several(std::vector<size_t>(330, 10)), kSegmenting, &call).calls, (Calls{"10*64 10*64 10*64 10*64", "10*64 10*10"}));
  CallDouble long_ones;
  EXPECT_EQ(Send(Several(std::vector<size_t>(3, 32'000)), kSegmenting, &long_ones).calls, (Calls{"32000*2 32000"}));
}

TEST("what is told along with a datagram keeps it out of a piece") {
  CallDouble call;
  std::vector<OutgoingDatagram> datagrams = Several({5, 5, 5, 5});
  datagrams[1].ancillary.Add(DatagramFlag::kTtl);
  EXPECT_EQ(Send(datagrams, kSegmenting, &call).calls, (Calls{"5 5 5*2"}));
}

TEST("where a piece is refused its datagrams go each by itself, and one that is refused then ends it") {
  for (const int refusal : {EINVAL, EMSGSIZE, EIO}) {
    CallDouble call;
    call.answer = [&](unsigned count) { return call.calls.size() == 1 ? -refusal : static_cast<int>(count); };
    const Outcome outcome = Send(Several({5, 5, 3}), kSegmenting, &call);
    EXPECT_EQ(outcome.count, 3u);
    EXPECT_EQ(outcome.error, 0);
    EXPECT_EQ(outcome.calls, (Calls{"5*3", "5 5 3"}));
  }
  CallDouble stubborn;
  stubborn.answer = [](unsigned) { return -EMSGSIZE; };
  const Outcome outcome = Send(Several({5, 5}), kSegmenting, &stubborn);
  EXPECT_EQ(outcome.count, 0u);
  EXPECT_EQ(outcome.error, EMSGSIZE);
  CallDouble full;
  full.answer = [](unsigned) { return -EAGAIN; };
  EXPECT_EQ(Send(Several({5, 5}), kSegmenting, &full).calls, (Calls{"5*2"}));
}

TEST("what a way refuses as a piece is learned, if it takes the datagrams each by itself") {
  const auto learned = [](int refusal, int later, size_t bytes) {
    CallDouble call;
    call.answer = [&](unsigned count) { return call.calls.size() == 1 ? -refusal : later == 0 ? static_cast<int>(count) : -later; };
    DatagramSender sender;
    return sender.Send(call, kSegmenting, Several({bytes, bytes})).refused_segment_bytes;
  };
  EXPECT_EQ(learned(EINVAL, 0, 3000), 3000u);
  EXPECT_EQ(learned(EINVAL, EINVAL, 3000), 0u);
  // A way that can segment nothing.
  EXPECT_EQ(learned(EIO, 0, 3000), 1u);
  EXPECT_EQ(learned(EAGAIN, 0, 3000), 0u);
  CallDouble call;
  DatagramSendRules limited = kSegmenting;
  limited.max_segment_bytes = 100;
  EXPECT_EQ(Send(Several({100, 100, 101, 101}), limited, &call).calls, (Calls{"100*2 101 101"}));
}

TEST("no piece goes to the port of the kernel's own SCTP over UDP") {
  CallDouble call;
  EXPECT_EQ(Send(Several({5, 5, 5}, 9899), kSegmenting, &call).calls, (Calls{"5 5 5"}));
}

TEST("a datagram that no call can send is refused when those before it have gone") {
  CallDouble call;
  std::vector<OutgoingDatagram> datagrams = Several({1, 2, 3});
  datagrams[1].family = InetFamily::kIpv6;
  const Outcome outcome = Send(datagrams, kPlain, &call);
  EXPECT_EQ(outcome.count, 1u);
  EXPECT_EQ(outcome.error, EAFNOSUPPORT);
  EXPECT_EQ(outcome.calls, (Calls{"1"}));
}

TEST("US-8: what the header of its IP does not have is refused and not passed over") {
  const auto error_of = [](InetFamily family, bool mapped, bool addressed, DatagramFlag flag) {
    OutgoingDatagram datagram = To(9, 1);
    datagram.family = family;
    datagram.addressed = addressed;
    if (family == InetFamily::kIpv6) datagram.address = {0, 0, mapped ? 0xffffu : 0u, 1};
    datagram.ancillary.Add(flag);
    CallDouble call;
    return Send({datagram}, {.family = family, .segments = false}, &call).error;
  };
  for (const DatagramFlag flag : {DatagramFlag::kTos, DatagramFlag::kTtl}) {
    EXPECT_EQ(error_of(InetFamily::kIpv4, false, true, flag), 0);
    EXPECT_EQ(error_of(InetFamily::kIpv6, false, true, flag), EINVAL);
    EXPECT_EQ(error_of(InetFamily::kIpv6, true, true, flag), 0);
    EXPECT_EQ(error_of(InetFamily::kIpv6, false, false, flag), 0);
    EXPECT_EQ(error_of(InetFamily::kLocal, false, false, flag), EINVAL);
  }
  EXPECT_EQ(error_of(InetFamily::kIpv4, false, true, DatagramFlag::kTclass), EINVAL);
  EXPECT_EQ(error_of(InetFamily::kIpv6, false, true, DatagramFlag::kTclass), 0);
  EXPECT_EQ(error_of(InetFamily::kIpv6, true, true, DatagramFlag::kTclass), EINVAL);
}

}  // namespace mailport::io::test
