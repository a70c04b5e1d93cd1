// UDP carriers over real loopback sockets: runs of packets leave and arrive as single packets, whatever the kernel joins in between, and a refused packet
// takes no other with it.
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <vector>

#include "../src/io/outgoing_packets.h"
#include "../src/io/port_unreachable.h"
#include "../src/io/received_datagrams.h"
#include "../src/io/route_mtu.h"
#include "../src/io/socket_address.h"
#include "check.h"
#include "packet/crc32c.h"
#include "packet/wire.h"

namespace mailport::io::test {
namespace {

using Packets = std::vector<std::string>;

IpAddress Address(const char* text) {
  IpAddress address;
  EXPECT_TRUE(ParseAddress(text, &address));
  return address;
}

std::unique_ptr<UdpSocket> OpenOn(const char* address) {
  UdpParams params;
  params.address = Address(address);
  params.family = params.address.family;
  params.receive_bytes = params.send_bytes = 1 << 20;
  std::unique_ptr<UdpSocket> socket;
  EXPECT_EQ(UdpSocket::Open(params, &socket), 0);
  return socket;
}

sctp::PacketRoute RouteTo(const UdpSocket& socket, const char* address) { return {1, {}, Address(address), socket.port()}; }

void Add(OutgoingPackets* batch, const sctp::PacketRoute& route, const std::string& packet) {
  std::memcpy(batch->Reserve(), packet.data(), packet.size());
  batch->Commit(route, packet.size());
}

// Packets of different contents for this SCTP port, so that packets out of order are noticed.
Packets Numbered(size_t count, size_t bytes, uint16_t port = 0) {
  Packets packets;
  for (size_t i = 0; i < count; i++) {
    std::string packet = {0, 0, static_cast<char>(port >> 8), static_cast<char>(port)};
    packet += std::to_string(i) + ":";
    packet.resize(bytes, static_cast<char>('a' + i % 26));
    packets.push_back(packet);
  }
  return packets;
}

bool WaitFor(const UdpSocket& socket, short events) {
  pollfd waiting{socket.fd(), events, 0};
  return poll(&waiting, 1, 5000) == 1;
}

// The next `count` packets; their sender must be `from`.
Packets Receive(const UdpSocket& socket, size_t count, const UdpSocket& from) {
  ReceivedDatagrams batch;
  Packets packets;
  while (packets.size() < count && WaitFor(socket, POLLIN) && batch.Receive(socket) == 0) {
    batch.ForEachPacket([&](const sctp::PacketRoute& route, sctp::Bytes packet) {
      EXPECT_EQ(route.remote_udp_port, from.port());
      packets.emplace_back(packet.begin(), packet.end());
    });
  }
  return packets;
}

void Send(UdpSocket& socket, const OutgoingPackets& batch) {
  SendPosition position;
  EXPECT_TRUE(socket.Send(batch.runs(), &position));
}

TEST("a socket is bound to the device that it was opened for, and to none without; without a descriptor there is none") {
  const auto device_of = [](const UdpSocket& socket) {
    char name[16] = {};
    socklen_t length = sizeof(name);
    EXPECT_EQ(getsockopt(socket.fd(), SOL_SOCKET, SO_BINDTODEVICE, name, &length), 0);
    return std::string(name);
  };
  UdpParams params;
  params.address = Address("127.0.0.1");
  std::unique_ptr<UdpSocket> socket;
  REQUIRE(UdpSocket::Open(params, &socket) == 0);
  EXPECT_EQ(device_of(*socket), "");
  params.device = "lo";
  REQUIRE(UdpSocket::Open(params, &socket) == 0);
  EXPECT_EQ(device_of(*socket), "lo");
  params.device = "none0";
  EXPECT_EQ(UdpSocket::Open(params, &socket), ENODEV);
  params.device.clear();
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit none{0, limit.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const int error = UdpSocket::Open(params, &socket);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  EXPECT_EQ(error, EMFILE);
}

TEST("packets of one route and size make one run, up to a shorter one, 64 packets or 65,507 bytes") {
  OutgoingPackets batch(1 << 20);
  const sctp::PacketRoute route{1, {}, Address("127.0.0.1"), 7}, other{1, {}, Address("127.0.0.1"), 8};
  const auto runs = [&](size_t count, size_t bytes) {
    for (size_t i = 0; i < count; i++) batch.Commit(route, bytes);
    std::vector<size_t> packets;
    for (const PacketRun& run : batch.runs()) packets.push_back(run.packets());
    batch.Clear();
    return packets;
  };
  EXPECT_EQ(runs(3, 100), (std::vector<size_t>{3}));
  EXPECT_EQ(runs(65, 100), (std::vector<size_t>{64, 1}));
  EXPECT_EQ(runs(5, 30000), (std::vector<size_t>{2, 2, 1}));
  batch.Commit(route, 100);
  batch.Commit(route, 60);  // Shorter: the last of its run.
  batch.Commit(route, 60);
  EXPECT_EQ(batch.runs().size(), 2u);
  batch.Commit(other, 60);
  batch.Commit(route, 80);  // Longer: not of the run before.
  EXPECT_EQ(batch.runs().size(), 4u);
}

TEST("a run arrives as the packets it was made of, in order, over IPv4 and IPv6") {
  for (const char* address : {"127.0.0.1", "::1"}) {
    check::Note(address);
    auto sender = OpenOn(address), receiver = OpenOn(address);
    OutgoingPackets batch(1 << 20);
    Packets sent = Numbered(150, 1200, receiver->port());
    sent.push_back("the short one");
    for (const std::string& packet : sent) Add(&batch, RouteTo(*receiver, address), packet);
    Send(*sender, batch);
    EXPECT_EQ(Receive(*receiver, sent.size(), *sender), sent);
  }
}

#if defined(__linux__)
TEST("a run is one piece on its way only to a UDP port that is the SCTP port too, as a kernel's SCTP over UDP is not to get one") {
  auto sender = OpenOn("127.0.0.1"), receiver = OpenOn("127.0.0.1");
  for (const bool own : {true, false}) {
    OutgoingPackets batch(1 << 20);
    const auto port = static_cast<uint16_t>(receiver->port() + (own ? 0 : 1));
    for (const std::string& packet : Numbered(3, 1200, port)) Add(&batch, RouteTo(*receiver, "127.0.0.1"), packet);
    Send(*sender, batch);
    // The receiver has asked for pieces as they come (UDP_GRO).
    std::vector<size_t> pieces;
    for (size_t bytes = 0; bytes < 3600; bytes += pieces.back()) {
      std::string room(65536, 0);
      if (!WaitFor(*receiver, POLLIN)) break;
      pieces.push_back(static_cast<size_t>(recv(receiver->fd(), room.data(), room.size(), 0)));
    }
    EXPECT_EQ(pieces, (own ? std::vector<size_t>{3600} : std::vector<size_t>{1200, 1200, 1200}));
  }
}
#endif

TEST("the largest packet of loopback arrives whole") {
  auto sender = OpenOn("127.0.0.1"), receiver = OpenOn("127.0.0.1");
  OutgoingPackets batch(1 << 20);
  const Packets sent = Numbered(3, 65504, receiver->port());
  for (const std::string& packet : sent) Add(&batch, RouteTo(*receiver, "127.0.0.1"), packet);
  Send(*sender, batch);
  EXPECT_EQ(Receive(*receiver, sent.size(), *sender), sent);
}

TEST("a refused run or packet does not take the others with it") {
  auto sender = OpenOn("127.0.0.1"), receiver = OpenOn("127.0.0.1");
  const sctp::PacketRoute good = RouteTo(*receiver, "127.0.0.1");
  // UDP has no port 0, and an IPv4 socket has no IPv6 peers.
  const sctp::PacketRoute refused{1, {}, Address("127.0.0.1"), 0}, impossible{1, {}, Address("::1"), 7};
  OutgoingPackets batch(1 << 20);
  const Packets sent = Numbered(6, 500, receiver->port());
  for (size_t i = 0; i < sent.size(); i++) {
    const sctp::PacketRoute& bad = i % 2 == 0 ? refused : impossible;
    for (size_t copies = 0; copies <= i; copies++) Add(&batch, bad, sent[i]);
    Add(&batch, good, sent[i]);
  }
  for (size_t copies = 0; copies < 3; copies++) Add(&batch, refused, sent[0]);
  Send(*sender, batch);
  EXPECT_EQ(Receive(*receiver, sent.size(), *sender), sent);
}

TEST("the source address is the chosen one, and the receiver is told which address was asked") {
  auto sender = OpenOn("0.0.0.0"), receiver = OpenOn("0.0.0.0");
  sctp::PacketRoute route = RouteTo(*receiver, "127.0.0.3");
  route.local = Address("127.0.0.2");
  OutgoingPackets batch(1 << 20);
  for (const std::string& packet : Numbered(3, 100)) Add(&batch, route, packet);
  Send(*sender, batch);
  ReceivedDatagrams received;
  REQUIRE(WaitFor(*receiver, POLLIN));
  EXPECT_EQ(received.Receive(*receiver), 0);
  size_t packets = 0;
  received.ForEachPacket([&](const sctp::PacketRoute& from, sctp::Bytes) {
    packets++;
    EXPECT_EQ(FormatAddress(from.remote), "127.0.0.2");
    EXPECT_EQ(FormatAddress(from.local), "127.0.0.3");
  });
  EXPECT_EQ(packets, 3u);
}

std::string Packet(uint8_t chunk_type, size_t bytes) {
  std::string packet(bytes, '\0');
  for (size_t i = 0; i < bytes; i++) packet[i] = static_cast<char>(i + 1);
  if (bytes > sctp::kCommonHeaderBytes) packet[sctp::kCommonHeaderBytes] = static_cast<char>(chunk_type);
  return packet;
}

std::string InitPacket(size_t bytes) {
  std::string packet = Packet(sctp::kChunkInit, bytes);
  for (size_t i = 4; i < 8 && i < bytes; i++) packet[i] = 0;
  return packet;
}

// RFC 6951 section 5.5, RFC 9260 section 10 (ICMP6, ICMP9).
TEST("a port that nobody has answers as a host without SCTP would: with an ABORT for the packet it quotes") {
  for (const char* address : {"127.0.0.1", "::1"}) {
    check::Note(address);
    auto sender = OpenOn(address);
    auto gone = OpenOn(address);
    const sctp::PacketRoute route = RouteTo(*gone, address);
    gone.reset();
    OutgoingPackets batch(1 << 20);
    Add(&batch, route, InitPacket(100));
    Send(*sender, batch);
    REQUIRE(WaitFor(*sender, POLLPRI));
    ReceivedErrors errors;
    PortUnreachable unreachable;
    EXPECT_EQ(errors.Read(*sender), 1u);
    EXPECT_TRUE(errors.Get(0, &unreachable));
    EXPECT_EQ(FormatAddress(unreachable.route.remote), address);
    EXPECT_EQ(unreachable.route.remote_udp_port, route.remote_udp_port);
    const uint8_t* abort = unreachable.abort.data();
    EXPECT_EQ(sctp::Load16(abort), 0x0304);      // The packet's ports, exchanged.
    EXPECT_EQ(sctp::Load16(abort + 2), 0x0102);
    EXPECT_EQ(sctp::Load32(abort + 4), 0x11121314u);  // The INIT's own tag.
    EXPECT_EQ(abort[12], sctp::kChunkAbort);
    EXPECT_EQ(abort[13], 0);
    EXPECT_FALSE(errors.Get(1, &unreachable));
    EXPECT_EQ(errors.Read(*sender), 0u);
  }
}

TEST("an ABORT reflects the tag of anything but an INIT, is checksummed, and never answers an ABORT or a fragment") {
  std::array<uint8_t, PortUnreachable::kAbortBytes> abort;
  const auto compose = [&](const std::string& packet) {
    return ComposeAbort({reinterpret_cast<const uint8_t*>(packet.data()), packet.size()}, &abort);
  };
  EXPECT_TRUE(compose(Packet(sctp::kChunkData, 16)));
  EXPECT_EQ(sctp::Load32(abort.data() + 4), 0x05060708u);
  EXPECT_EQ(abort[13], sctp::kTagReflected);
  const uint32_t checksum = sctp::PacketCrc32c(abort.data(), abort.size());
  EXPECT_EQ(abort[8] | abort[9] << 8 | abort[10] << 16 | static_cast<uint32_t>(abort[11]) << 24, checksum);
  EXPECT_FALSE(compose(Packet(sctp::kChunkAbort, 100)));
  for (size_t bytes = 0; bytes < 16; bytes++) EXPECT_FALSE(compose(Packet(sctp::kChunkData, bytes)));
  for (size_t bytes = 0; bytes < 20; bytes++) EXPECT_FALSE(compose(InitPacket(bytes)));
  for (size_t bytes = 20; bytes < 60; bytes++) EXPECT_TRUE(compose(InitPacket(bytes)));
  // The packet of an INIT has tag 0, and no other packet has. No ABORT is composed for a packet that breaks this rule.
  EXPECT_FALSE(compose(Packet(sctp::kChunkInit, 100)));
  std::string untagged = InitPacket(100);
  untagged[sctp::kCommonHeaderBytes] = sctp::kChunkData;
  EXPECT_FALSE(compose(untagged));
}

TEST("path MTU: what fits a datagram, a multiple of 4, and all of loopback") {
  RouteMtu mtu("");
  EXPECT_EQ(mtu.MaxPacketBytes(Address("127.0.0.1"), 0), 65504u);
  EXPECT_EQ(mtu.MaxPacketBytes(Address("::1"), 0), 65488u);
}

// The answers of the kernel in the next tests, and how often it was asked.
struct Kernel {
  static int Answer(const IpAddress&, const std::string&) {
    ++asked;
    return mtu;
  }
  static inline int mtu = 0, asked = 0;
};

TEST("path MTU: an answer holds for a minute, and then the kernel is asked again") {
  RouteMtu routes("", Kernel::Answer);
  constexpr sctp::TimeUs kBegin = 5'000'000, kMinute = 60'000'000;
  Kernel::mtu = 1500;
  Kernel::asked = 0;
  EXPECT_EQ(routes.MaxPacketBytes(Address("10.0.0.1"), kBegin), 1472u);
  Kernel::mtu = 1400;
  EXPECT_EQ(routes.MaxPacketBytes(Address("10.0.0.1"), kBegin + kMinute - 1), 1472u);
  EXPECT_EQ(Kernel::asked, 1);
  EXPECT_EQ(routes.MaxPacketBytes(Address("10.0.0.1"), kBegin + kMinute), 1372u);
  EXPECT_EQ(Kernel::asked, 2);
  // The new answer has a minute of its own, and another address, family or zone an answer of its own.
  Kernel::mtu = 1300;
  EXPECT_EQ(routes.MaxPacketBytes(Address("10.0.0.1"), kBegin + 2 * kMinute - 1), 1372u);
  EXPECT_EQ(routes.MaxPacketBytes(Address("10.0.0.2"), kBegin), 1272u);
  EXPECT_EQ(routes.MaxPacketBytes(Address("fe80::1%1"), kBegin), 1252u);
  EXPECT_EQ(routes.MaxPacketBytes(Address("fe80::1%2"), kBegin), 1252u);
  EXPECT_EQ(Kernel::asked, 5);
}

#if defined(__linux__)
// RFC 8899 section 5.1.2. The kernel may have its answer from a message that anybody has sent.
TEST("path MTU: a search begins with Ethernet's at most, unless on this host, and may end with Ethernet's at least") {
  struct Case {
    int answer;
    size_t first, most;
  };
  static int answer = 0;
  for (const Case& each : {Case{0, 1472, 1472}, {552, 1472, 1472}, {600, 572, 1472}, {1420, 1392, 1472}, {1500, 1472, 1472}, {9000, 1472, 8972}, {65536, 65504, 65504}}) {
    answer = each.answer;
    RouteMtu routes("", [](const sctp::IpAddress&, const std::string&) { return answer; });
    EXPECT_EQ(routes.FirstPacketBytes(Address("10.0.0.1"), 0), each.first);
    EXPECT_EQ(routes.MostPacketBytes(Address("10.0.0.1"), 0), each.most);
    answer = 1000;
    routes.Forget(Address("10.0.0.1"));
    EXPECT_EQ(routes.MaxPacketBytes(Address("10.0.0.1"), 0), 972u);
  }
  for (size_t mtu = 0; mtu < 100; ++mtu) EXPECT_TRUE(RouteMtu::PacketBytesIn(mtu, 4) <= mtu && RouteMtu::PacketBytesIn(mtu, 6) <= mtu);
}
#endif

TEST("path MTU: without an answer, or with one that cannot be, it is an Ethernet's; answers are bounded") {
  RouteMtu routes("", Kernel::Answer);
  for (const auto& [mtu, bytes] : {std::pair{0, 1472u}, {575, 1472u}, {576, 548u}, {577, 548u}, {65536, 65504u}, {1 << 30, 65504u}}) {
    check::Note(std::to_string(mtu));
    Kernel::mtu = mtu;
    EXPECT_EQ(RouteMtu("", Kernel::Answer).MaxPacketBytes(Address("10.0.0.1"), 0), bytes);
  }
  size_t most = 0;
  for (int i = 0; i < 5000; i++) {
    const std::string address = "10.0." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250);
    routes.MaxPacketBytes(Address(address.c_str()), 0);
    most = std::max(most, routes.size());
  }
  EXPECT_EQ(most, 1024u);
}

// A host is the same whichever way its address comes: from text, from the kernel, by an IPv4 socket or by an IPv6 one.
TEST("addresses survive the way to the kernel and back: mapped ones are IPv4, and only link-local ones keep their zone") {
  const auto there_and_back = [](const IpAddress& address, uint8_t family) {
    sockaddr_storage storage{};
    IpAddress result;
    uint16_t port = 0;
    const socklen_t length = ToSockaddr(address, 3868, family, &storage);
    if (length == 0) return std::string("no way");
    EXPECT_EQ(length, (family == 4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)));
    EXPECT_TRUE(FromSockaddr(storage, &result, &port));
    EXPECT_EQ(port, 3868);
    EXPECT_TRUE(result == address);
    return FormatAddress(result);
  };
  EXPECT_EQ(there_and_back(Address("10.1.2.3"), 4), "10.1.2.3");
  EXPECT_EQ(there_and_back(Address("10.1.2.3"), 6), "10.1.2.3");
  EXPECT_EQ(there_and_back(Address("2001:db8::5"), 6), "2001:db8::5");
  EXPECT_EQ(there_and_back(Address("fe80::1%7"), 6), "fe80::1%7");
  EXPECT_EQ(there_and_back(Address("2001:db8::5"), 4), "no way");
  EXPECT_EQ(there_and_back(IpAddress{}, 6), "no way");

  // The kernel names an interface with every packet.
  EXPECT_EQ(FormatAddress(FromIn6(ToIn6(Address("fe80::1")), 7)), "fe80::1%7");
  EXPECT_EQ(FormatAddress(FromIn6(ToIn6(Address("2001:db8::5")), 7)), "2001:db8::5");
  EXPECT_EQ(FormatAddress(FromIn6(ToIn6(Address("::1")), 1)), "::1");
  EXPECT_EQ(FormatAddress(FromIn6(ToIn6(Address("10.1.2.3")), 7)), "10.1.2.3");
  EXPECT_FALSE(Address("fe80::1%7") == Address("fe80::1%8"));

  sockaddr_storage other{};
  other.ss_family = AF_UNIX;
  IpAddress ignored;
  uint16_t port = 0;
  EXPECT_FALSE(FromSockaddr(other, &ignored, &port));
}

TEST("an IPv6 socket speaks to IPv4 peers by their IPv4 addresses, both ways, unless it is for IPv6 only") {
  UdpParams params;
  params.family = 6;
  params.address = AnyAddress(6);
  std::unique_ptr<UdpSocket> both;
  EXPECT_EQ(UdpSocket::Open(params, &both), 0);
  auto ipv4 = OpenOn("127.0.0.1");
  const auto pass = [](UdpSocket& from, UdpSocket& to, const char* address) {
    OutgoingPackets batch(1 << 16);
    sctp::PacketRoute route = RouteTo(to, address);
    route.local = Address("127.0.0.1");
    Add(&batch, route, "a packet");
    Send(from, batch);
    ReceivedDatagrams received;
    std::string story;
    if (WaitFor(to, POLLIN) && received.Receive(to) == 0) {
      received.ForEachPacket([&](const sctp::PacketRoute& came, sctp::Bytes) {
        story += FormatAddress(came.remote) + " to " + FormatAddress(came.local);
      });
    }
    return story;
  };
  EXPECT_EQ(pass(*ipv4, *both, "127.0.0.1"), "127.0.0.1 to 127.0.0.1");
  EXPECT_EQ(pass(*both, *ipv4, "127.0.0.1"), "127.0.0.1 to 127.0.0.1");
  params.ipv6_only = true;
  params.port = 0;
  std::unique_ptr<UdpSocket> only;
  EXPECT_EQ(UdpSocket::Open(params, &only), 0);
  OutgoingPackets batch(1 << 16);
  Add(&batch, RouteTo(*only, "127.0.0.1"), "a packet");
  Send(*ipv4, batch);
  ReceivedErrors errors;
  REQUIRE(WaitFor(*ipv4, POLLPRI));
  EXPECT_EQ(errors.Read(*ipv4), 1u);
}

TEST("addresses survive the way to text and back; a mapped one is plain IPv4; others are refused") {
  for (const char* text : {"127.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::5"}) EXPECT_EQ(FormatAddress(Address(text)), text);
  EXPECT_EQ(FormatAddress(Address("::ffff:10.1.2.3")), "10.1.2.3");
  EXPECT_EQ(FormatAddress(Address("fe80::1%lo")), "fe80::1%1");
  EXPECT_EQ(FormatAddress(Address("fe80::1%7")), "fe80::1%7");
  IpAddress ignored;
  for (const char* text : {"", "localhost", "1.2.3", "1.2.3.4.5", "::1%", "fe80::1%nosuchinterface", "fe80::1%0", "127.0.0.1%lo"}) {
    check::Note(text);
    EXPECT_FALSE(ParseAddress(text, &ignored));
  }
}

}  // namespace
}  // namespace mailport::io::test
