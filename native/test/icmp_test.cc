// ICMP that anybody on the path can forge. Sending is tried on a played kernel, which fails as often as the test says. Both ways are tried on real sockets
// with crafted messages, where the test may open a raw socket (root).
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "../src/io/kept_packets.h"
#include "../src/io/outgoing_packets.h"
#include "../src/io/port_unreachable.h"
#include "../src/io/received_datagrams.h"
#include "../src/io/socket_address.h"
#include "../src/io/udp_send.h"
#include "../src/io/unique_fd.h"
#include "check.h"
#include "packet/wire.h"

namespace mailport::io::test {
namespace {

IpAddress Address(const char* text) {
  IpAddress address;
  EXPECT_TRUE(ParseAddress(text, &address));
  return address;
}

// A kernel that answers each call from a list: 0 takes all messages, `n` takes that many, a negative errno refuses. Beyond the list the kernel takes all.
class PlayedKernel final : public SendCalls {
 public:
  int Send(MessageHeader* messages, unsigned count) override {
    calls++;
    int answer = 0;
    if (!answers.empty()) {
      answer = answers.front();
      answers.erase(answers.begin());
    }
    if (answer < 0) {
      errno = -answer;
      return -1;
    }
    const unsigned taken = answer == 0 ? count : std::min<unsigned>(static_cast<unsigned>(answer), count);
    for (unsigned i = 0; i < taken; i++) sizes.push_back(messages[i].msg_hdr.msg_iov->iov_len);
    return static_cast<int>(taken);
  }
  void TakeError() override { taken_errors++; }

  std::vector<int> answers;
  std::vector<size_t> sizes;  // Of the messages taken.
  int calls = 0;
  int taken_errors = 0;
};

// `count` runs of three packets of 100 bytes. Each run goes to a port of its own, which is its SCTP port, too.
struct Runs {
  explicit Runs(size_t count) : batch(1 << 20) {
    for (size_t run = 0; run < count; run++) {
      const auto port = static_cast<uint16_t>(1000 + run);
      for (int packet = 0; packet < 3; packet++) {
        uint8_t* out = batch.Reserve();
        std::memset(out, 0, 100);
        sctp::Store16(out + 2, port);
        batch.Commit({1, {}, Address("127.0.0.1"), port}, 100);
      }
    }
  }
  bool SendBy(PlayedKernel& kernel) { return SendRuns(kernel, 4, false, &unsegmented, batch.runs(), &position); }

  OutgoingPackets batch;
  Unsegmented unsegmented;
  SendPosition position;
};

TEST("an error that may be about another packet costs a call and no packet, seven times in a row") {
  for (const int error : {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENOPROTOOPT, EOPNOTSUPP, EMSGSIZE, EPROTO, EACCES}) {
    check::Note(std::strerror(error));
    Runs runs(4);
    PlayedKernel kernel;
    kernel.answers = std::vector<int>(7, -error);
    kernel.answers.push_back(2);
    kernel.answers.insert(kernel.answers.end(), 7, -error);
    EXPECT_TRUE(runs.SendBy(kernel));
    EXPECT_EQ(kernel.sizes, std::vector<size_t>(4, 300));
    EXPECT_EQ(kernel.calls, 16);
    EXPECT_EQ(kernel.taken_errors, 14);
    EXPECT_FALSE(runs.unsegmented.all);
  }
}

TEST("a packet that is refused for good costs eight calls at most, and takes no other with it") {
  for (const int error : {EHOSTUNREACH, EPERM, ENOBUFS, ENOMEM}) {
    check::Note(std::strerror(error));
    Runs runs(4);
    PlayedKernel kernel;
    kernel.answers = std::vector<int>(error == EHOSTUNREACH ? 8 : 1, -error);
    EXPECT_TRUE(runs.SendBy(kernel));
    EXPECT_EQ(kernel.sizes, std::vector<size_t>(3, 300));
    EXPECT_EQ(kernel.calls, error == EHOSTUNREACH ? 9 : 2);
  }
}

TEST("a way that cannot segment is remembered for that peer alone; after sixteen it is the system") {
  Runs runs(1);
  PlayedKernel kernel;
  kernel.answers = {-EIO};
  EXPECT_TRUE(runs.SendBy(kernel));
  EXPECT_EQ(kernel.sizes, std::vector<size_t>(3, 100));
  EXPECT_TRUE(runs.unsegmented.Has(Address("127.0.0.1")));
  EXPECT_FALSE(runs.unsegmented.Has(Address("127.0.0.2")));
  runs.position = {};
  EXPECT_TRUE(runs.SendBy(kernel));
  EXPECT_EQ(kernel.calls, 3);
  for (size_t i = 0; i < Unsegmented::kMaxRemotes; i++) runs.unsegmented.Add(Address("10.0.0.1"));
  EXPECT_TRUE(runs.unsegmented.all);
}

TEST("a run that is refused as a whole goes packet by packet, and a full socket says where to go on") {
  Runs runs(2);
  PlayedKernel kernel;
  kernel.answers = {-EINVAL, 2, -EAGAIN};
  EXPECT_FALSE(runs.SendBy(kernel));
  EXPECT_EQ(runs.position.run, 0u);
  EXPECT_EQ(runs.position.offset, 200u);
  EXPECT_TRUE(runs.SendBy(kernel));
  EXPECT_EQ(kernel.sizes, (std::vector<size_t>{100, 100, 100, 300}));
}

// The packets that a played socket has been given. The socket takes `room` packets and is full then.
struct PlayedSocket {
  bool operator()(std::span<const PacketRun> runs, SendPosition* position) {
    for (; position->run < runs.size(); *position = {position->run + 1, 0}) {
      const PacketRun& run = runs[position->run];
      for (; position->offset < run.length; position->offset += run.segment_bytes) {
        if (room == 0) return false;
        room--;
        taken.emplace_back(run.data + position->offset, run.data + std::min(run.length, position->offset + run.segment_bytes));
      }
    }
    return true;
  }

  size_t room = 0;
  std::vector<std::vector<uint8_t>> taken;
};

TEST("packets that a full socket left go later, once each and in order, the second time it is full as the first") {
  KeptPackets kept;
  PlayedSocket socket;
  std::vector<std::vector<uint8_t>> sent;
  uint8_t next = 0;
  const auto send = [&](size_t count, size_t already) {
    OutgoingPackets batch(1 << 20);
    SendPosition from;
    for (size_t i = 0; i < count; i++, next++) {
      std::memset(batch.Reserve(), next, 50);
      batch.Commit({1, {}, Address("127.0.0.1"), 7}, 50);
      if (i >= already) sent.emplace_back(50, next);
    }
    from.offset = already * 50;
    kept.Add(batch.runs(), from);
  };
  for (int life = 0; life < 3; life++) {
    EXPECT_TRUE(kept.empty());
    send(5, 2);  // Two packets had gone when the socket was full.
    socket.room = 1;
    EXPECT_FALSE(kept.SendBy([&](auto runs, SendPosition* position) { return socket(runs, position); }));
    send(4, 0);
    EXPECT_FALSE(kept.SendBy([&](auto runs, SendPosition* position) { return socket(runs, position); }));
    socket.room = 100;
    EXPECT_TRUE(kept.SendBy([&](auto runs, SendPosition* position) { return socket(runs, position); }));
    EXPECT_EQ(socket.taken, sent);
  }
}

TEST("packets that have gone make room for packets to be kept, and beyond half a megabyte they are lost") {
  KeptPackets kept;
  PlayedSocket socket;
  constexpr size_t kBytes = 64 * 1024 - 4;
  const auto send = [&](size_t count) {
    OutgoingPackets batch(1 << 20);
    for (size_t i = 0; i < count; i++) {
      std::memset(batch.Reserve(), static_cast<int>(i), kBytes);
      batch.Commit({1, {}, Address("127.0.0.1"), static_cast<uint16_t>(7 + i)}, kBytes);
    }
    kept.Add(batch.runs(), {});
  };
  send(10);
  socket.room = 6;
  EXPECT_FALSE(kept.SendBy([&](auto runs, SendPosition* position) { return socket(runs, position); }));
  send(10);
  socket.room = 100;
  EXPECT_TRUE(kept.SendBy([&](auto runs, SendPosition* position) { return socket(runs, position); }));
  // Eight packets of the first send; of the second, the six that fit behind the two that had not gone.
  EXPECT_EQ(socket.taken.size(), 14u);
}

#if defined(__linux__)

uint16_t Checksum(const std::vector<uint8_t>& bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) sum += sctp::Load16(bytes.data() + i);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

// Tells by ICMP that a packet from `from` to `to` on loopback did not arrive.
class Forger {
 public:
  Forger() : fd_(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP)) {}
  bool may() const {
    if (!fd_.valid()) std::printf("  skipped: a raw socket takes root\n");
    return fd_.valid();
  }

  void Forge(uint16_t from, uint16_t to, uint8_t code, const std::string& quoted) {
    std::vector<uint8_t> icmp(8 + 20 + 8);
    icmp[0] = 3;  // Destination unreachable.
    icmp[1] = code;
    uint8_t* ip = icmp.data() + 8;
    ip[0] = 0x45;
    sctp::Store16(ip + 2, static_cast<uint16_t>(28 + quoted.size()));
    ip[8] = 64;
    ip[9] = IPPROTO_UDP;
    for (const size_t address : {12, 16}) sctp::Store32(ip + address, 0x7f000001);
    sctp::Store16(ip + 20, from);
    sctp::Store16(ip + 22, to);
    sctp::Store16(ip + 24, static_cast<uint16_t>(8 + quoted.size()));
    icmp.insert(icmp.end(), quoted.begin(), quoted.end());
    if (icmp.size() % 2 != 0) icmp.push_back(0);
    sctp::Store16(icmp.data() + 2, Checksum(icmp));
    sockaddr_in whom{};
    whom.sin_family = AF_INET;
    whom.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(sendto(fd_.get(), icmp.data(), icmp.size(), 0, reinterpret_cast<sockaddr*>(&whom), sizeof(whom)),
              static_cast<ssize_t>(icmp.size()));
  }

 private:
  UniqueFd fd_;
};

std::unique_ptr<UdpSocket> Open() {
  UdpParams params;
  params.address = Address("127.0.0.1");
  params.receive_bytes = params.send_bytes = 1 << 20;
  std::unique_ptr<UdpSocket> socket;
  EXPECT_EQ(UdpSocket::Open(params, &socket), 0);
  return socket;
}

constexpr uint8_t kProtocolUnreachable = 2;
constexpr uint8_t kPortUnreachable = 3;
constexpr uint8_t kFragmentationNeeded = 4;
constexpr uint8_t kSourceRouteFailed = 5;

TEST("forged ICMP of any code loses no packet, and does not end segmentation") {
  Forger forger;
  if (!forger.may()) return;
  auto sender = Open(), receiver = Open();
  for (uint8_t code = 0; code <= 15; code++) {
    check::Note("code " + std::to_string(code));
    forger.Forge(sender->port(), receiver->port(), code, std::string(28, 'A'));
    OutgoingPackets batch(1 << 20);
    for (int i = 0; i < 3; i++) {
      uint8_t* out = batch.Reserve();
      std::memset(out, 'a' + i, 1200);
      sctp::Store16(out + 2, receiver->port());
      batch.Commit({1, {}, Address("127.0.0.1"), receiver->port()}, 1200);
    }
    SendPosition position;
    EXPECT_TRUE(sender->Send(batch.runs(), &position));
    std::string room(65536, 0);
    EXPECT_EQ(recv(receiver->fd(), room.data(), room.size(), 0), 3600);  // One piece.
    ReceivedErrors errors;
    while (errors.Read(*sender) != 0) continue;
  }
}

TEST("packets that wait behind a burst of forged errors are read once the errors are, in as many calls as they fill") {
  Forger forger;
  if (!forger.may()) return;
  auto sender = Open(), receiver = Open();
  OutgoingPackets batch(1 << 20);
  std::memset(batch.Reserve(), 'x', 100);
  batch.Commit({1, {}, Address("127.0.0.1"), receiver->port()}, 100);
  SendPosition position;
  EXPECT_TRUE(sender->Send(batch.runs(), &position));
  constexpr unsigned kForged = 40;
  for (unsigned i = 0; i < kForged; i++) forger.Forge(receiver->port(), sender->port(), kPortUnreachable, std::string(28, 'A'));
  ReceivedErrors errors;
  std::vector<unsigned> read;
  do read.push_back(errors.Read(*receiver));
  while (read.back() == ReceivedErrors::kErrors);
  EXPECT_EQ(read, (std::vector<unsigned>{16, 16, 8}));
  ReceivedDatagrams received;
  EXPECT_EQ(received.Receive(*receiver), 0);
}

// An ICMP message is believed if only a host that has seen our packet could quote it so; a shorter quote is not (RFC 9260 section 10, ICMP1 to ICMP6).
TEST("of ICMP only a port unreachable is believed, and only if it quotes as much as a tag and a chunk") {
  Forger forger;
  if (!forger.may()) return;
  auto socket = Open();
  std::string packet(60, 'A');
  packet[sctp::kCommonHeaderBytes] = static_cast<char>(sctp::kChunkData);
  ReceivedErrors errors;
  PortUnreachable unreachable;
  for (const uint8_t code : {kProtocolUnreachable, kFragmentationNeeded, kSourceRouteFailed, uint8_t{0}, uint8_t{1}, uint8_t{13}}) {
    forger.Forge(socket->port(), 4567, code, packet);
    EXPECT_EQ(errors.Read(*socket), 1u);
    EXPECT_FALSE(errors.Get(0, &unreachable));
  }
  for (size_t bytes = 0; bytes <= packet.size(); bytes += 2) {
    check::Note(std::to_string(bytes) + " bytes quoted");
    forger.Forge(socket->port(), 4567, kPortUnreachable, packet.substr(0, bytes));
    EXPECT_EQ(errors.Read(*socket), 1u);
    EXPECT_EQ(errors.Get(0, &unreachable), bytes >= 16);
  }
  EXPECT_EQ(unreachable.route.remote_udp_port, 4567);
  EXPECT_EQ(sctp::Load32(unreachable.abort.data() + 4), 0x41414141u);
}

#endif

}  // namespace
}  // namespace mailport::io::test
