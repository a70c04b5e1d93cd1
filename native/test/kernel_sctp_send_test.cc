// Several sends at once: which of them may share packets, how many calls they take, and what is told of the send that was not taken. The kernel is played,
// so the machine needs no SCTP in its kernel.
#if defined(__linux__)

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "../src/kernel_sctp/outgoing_messages.h"
#include "check.h"
#include "random.h"

namespace mailport::kernel_sctp::test {
namespace {

using sctp::SendRequest;
using sctp::SendsTaken;

constexpr SendBuffer kPlenty{size_t{1} << 30, size_t{1} << 30};

SendRequest Request(const std::string& data, uint32_t assoc = 7, uint32_t stream = 0, uint32_t flags = 0) {
  SendRequest request;
  request.params.assoc_id = assoc;
  request.params.stream = stream;
  request.params.flags = flags;
  request.data = {reinterpret_cast<const uint8_t*>(data.data()), data.size()};
  return request;
}

// The calls of sendmmsg, and a kernel that takes `room` messages and fails those that are `bad`.
struct Kernel {
  struct Call {
    unsigned count;
    bool more;
    auto operator<=>(const Call&) const = default;
  };
  size_t room = SIZE_MAX;
  std::string bad;
  int error = EINVAL;
  std::vector<Call> calls;
  std::vector<std::string> taken;
  std::vector<sctp::AssocId> released;

  int operator()(io::MessageHeader* messages, unsigned count, int flags) {
    calls.push_back({count, (flags & MSG_MORE) != 0});
    for (unsigned i = 0; i < count; i++) {
      const iovec& piece = *messages[i].msg_hdr.msg_iov;
      const std::string data(static_cast<const char*>(piece.iov_base), piece.iov_len);
      const int failure = taken.size() >= room ? EAGAIN : !bad.empty() && data == bad ? error : 0;
      if (failure != 0) {
        errno = failure;
        return i == 0 ? -1 : static_cast<int>(i);
      }
      taken.push_back(data);
    }
    return static_cast<int>(count);
  }
};

SendsTaken SendAll(const std::vector<SendRequest>& requests, Kernel* kernel, const SendBuffer& buffer = kPlenty) {
  OutgoingMessages batch;
  for (const SendRequest& request : requests) batch.Add(request);
  return batch.SendAll(
      buffer, [kernel](io::MessageHeader* messages, unsigned count, int flags) { return (*kernel)(messages, count, flags); },
      [kernel](sctp::AssocId assoc) { kernel->released.push_back(assoc); });
}

using Calls = std::vector<Kernel::Call>;

}  // namespace

TEST("SD-10: only what is sure to be taken after the one before shares a packet with it") {
  const std::string data = "data";
  const SendRequest one = Request(data);
  EXPECT_TRUE(MayShareAPacket(one, one));
  EXPECT_TRUE(MayShareAPacket(one, Request("less")));
  EXPECT_FALSE(MayShareAPacket(one, Request("longer")));  // emsgsize, with fragments disabled.
  EXPECT_FALSE(MayShareAPacket(one, Request("")));        // einval.
  EXPECT_FALSE(MayShareAPacket(one, Request(data, 8)));
  EXPECT_FALSE(MayShareAPacket(one, Request(data, 7, 1)));  // einval, if there is no such stream.
  EXPECT_FALSE(MayShareAPacket(one, Request(data, 7, 0, sctp::kFlagUnordered)));
  for (const uint32_t flag : {sctp::kFlagEof, sctp::kFlagAbort, sctp::kFlagAddrOver}) {
    EXPECT_FALSE(MayShareAPacket(Request(data, 7, 0, flag), Request(data, 7, 0, flag)));
  }
}

TEST("messages to one stream go down in two calls, of which only the last lets the packets go") {
  const std::string data = "data";
  Kernel kernel;
  const SendsTaken taken = SendAll(std::vector(10, Request(data)), &kernel);
  EXPECT_EQ(taken.count, 10);
  EXPECT_EQ(taken.error, 0);
  EXPECT_EQ(taken.calls, 2);
  EXPECT_TRUE(kernel.calls == (Calls{{9, true}, {1, false}}));
}

TEST("messages that share nothing go down in one call") {
  const std::string data = "data";
  Kernel kernel;
  std::vector<SendRequest> requests;
  for (uint32_t stream = 0; stream < 10; stream++) requests.push_back(Request(data, 7, stream));
  EXPECT_EQ(SendAll(requests, &kernel).count, 10);
  EXPECT_TRUE(kernel.calls == (Calls{{10, false}}));
}

TEST("where there is little room nothing waits for what may find none") {
  const std::string data = "data";
  const std::vector<SendRequest> requests(4, Request(data));
  Kernel none;
  EXPECT_EQ(SendAll(requests, &none, {kPlenty.size, 0}).count, 4);
  EXPECT_TRUE(none.calls == (Calls{{4, false}}));
  Kernel some;
  EXPECT_EQ(SendAll(requests, &some, {kPlenty.size, 3 * SendCost(data.size())}).count, 4);
  EXPECT_TRUE(some.calls == (Calls{{2, true}, {2, false}}));
}

TEST("a packet holds a small part of the buffer: one alone under way would wait for a delayed acknowledgement") {
  const std::string data = "data";
  Kernel kernel;
  EXPECT_EQ(SendAll(std::vector(7, Request(data)), &kernel, {8 * 3 * SendCost(data.size()), kPlenty.free}).count, 7);
  EXPECT_TRUE(kernel.calls == (Calls{{2, true}, {1, false}, {2, true}, {2, false}}));
  Kernel tiny;
  EXPECT_EQ(SendAll(std::vector(7, Request(data)), &tiny, {8192, 8192}).count, 7);
  EXPECT_TRUE(tiny.calls == (Calls{{7, false}}));
}

TEST("SD-10: the one that is refused is told of with its own error, after those before it; nothing after it is tried") {
  const std::vector<std::string> texts = {"aaaa", "bbbb", "bad!", "cccc"};
  std::vector<SendRequest> requests;
  for (const std::string& text : texts) requests.push_back(Request(text, 7, static_cast<uint32_t>(requests.size())));
  Kernel kernel{.bad = "bad!", .calls = {}, .taken = {}, .released = {}};
  const SendsTaken taken = SendAll(requests, &kernel);
  EXPECT_EQ(taken.count, 2);
  EXPECT_EQ(taken.error, EINVAL);
  EXPECT_TRUE(kernel.taken == (std::vector<std::string>{"aaaa", "bbbb"}));
  // The first call stops at the bad message; the second call says why.
  EXPECT_EQ(taken.calls, 2);
}

TEST("messages that wait behind one for which the kernel then has no memory are released") {
  const std::string data = "data";
  const std::string last = "last";
  std::vector<SendRequest> requests(3, Request(data));
  requests.push_back(Request(last));
  Kernel kernel{.bad = "last", .error = ENOMEM, .calls = {}, .taken = {}, .released = {}};
  const SendsTaken taken = SendAll(requests, &kernel);
  EXPECT_EQ(taken.count, 3);
  EXPECT_EQ(taken.error, ENOMEM);
  EXPECT_TRUE(kernel.calls == (Calls{{3, true}, {1, false}}));
  EXPECT_TRUE(kernel.released == (std::vector<sctp::AssocId>{7}));
  // So also if the kernel stops in the middle of the messages that wait.
  Kernel middle{.room = 2, .bad = "", .calls = {}, .taken = {}, .released = {}};
  EXPECT_EQ(SendAll(requests, &middle).count, 2);
  EXPECT_TRUE(middle.released == (std::vector<sctp::AssocId>{7}));
  // Nothing waits: the first is refused, or each goes by itself, or all are taken.
  Kernel none{.room = 0, .bad = "", .calls = {}, .taken = {}, .released = {}};
  SendAll(requests, &none);
  EXPECT_TRUE(none.released.empty());
  Kernel apart{.room = 2, .bad = "", .calls = {}, .taken = {}, .released = {}};
  SendAll(requests, &apart, {kPlenty.size, 0});
  EXPECT_TRUE(apart.released.empty());
  Kernel all;
  SendAll(requests, &all);
  EXPECT_TRUE(all.released.empty());
}

TEST("SD-7: without room it stops where the room ends") {
  const std::string data = "data";
  for (size_t room = 0; room < 6; room++) {
    Kernel kernel{.room = room, .bad = "", .calls = {}, .taken = {}, .released = {}};
    const SendsTaken taken = SendAll(std::vector(6, Request(data)), &kernel);
    EXPECT_EQ(taken.count, room);
    EXPECT_EQ(taken.error, EAGAIN);
  }
}

TEST("at random: all in order, in no more calls than messages, and nothing is left to wait for a message that is not there") {
  for (const uint64_t seed : check::Seeds(5000)) {
    check::Note("seed " + std::to_string(seed));
    sctp::test::Random random(seed);
    std::vector<std::string> texts(1 + random.Below(OutgoingMessages::kMost));
    std::vector<SendRequest> requests;
    for (std::string& text : texts) {
      text.assign(random.Below(2000), 'x');
      const uint32_t flags = random.Chance(0.1) ? sctp::kFlagEof : random.Chance(0.1) ? sctp::kFlagUnordered : 0;
      requests.push_back(Request(text, random.Chance(0.8) ? 7 : 8, static_cast<uint32_t>(random.Below(2)), flags));
    }
    Kernel kernel;
    const SendsTaken taken = SendAll(requests, &kernel, {random.Below(2000000), random.Below(200000)});
    EXPECT_EQ(taken.count, texts.size());
    EXPECT_TRUE(kernel.taken == texts);
    EXPECT_TRUE(taken.calls <= texts.size());
    size_t index = 0;
    for (const Kernel::Call& call : kernel.calls) {
      for (unsigned i = 0; i < call.count; i++, index++) {
        if (call.more) EXPECT_TRUE(index + 1 < texts.size() && MayShareAPacket(requests[index], requests[index + 1]));
      }
    }
    EXPECT_FALSE(kernel.calls.back().more);
  }
}

}  // namespace mailport::kernel_sctp::test

#endif
