// Datagrams come whole, whether they fit into their slots or not, and are cut where the buffer ends.
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "../src/io/datagram_reader.h"
#include "../src/io/inet_options.h"
#include "../src/io/inet_socket.h"
#include "check.h"

namespace mailport::io::test {
namespace {

// Two sockets on loopback, of which one sends to the other, and slots for what comes.
struct Pair {
  explicit Pair(InetFamily the_family = InetFamily::kIpv4) : family(the_family) {
    const std::string address = family == InetFamily::kIpv6 ? "::1" : "127.0.0.1";
    for (UniqueFd* fd : {&from, &to}) {
      REQUIRE(OpenInetSocket({family, "", -1}, SOCK_DGRAM, fd) == 0);
      REQUIRE(ToSocketName(fd->get(), family, address, 0, &name) == 0);
      REQUIRE(BindInetSocket(fd->get(), name) == 0);
      REQUIRE(GetSocketName(fd->get(), &name) == 0);
    }
  }

  void Send(const std::vector<uint8_t>& bytes) {
    EXPECT_EQ(sendto(from.get(), bytes.data(), bytes.size(), 0, name.raw(), name.length), static_cast<ssize_t>(bytes.size()));
  }
  // Numbered bytes, so that a byte that is not where it belongs is seen.
  static std::vector<uint8_t> Numbered(size_t length, uint8_t first) {
    std::vector<uint8_t> bytes(length);
    for (size_t i = 0; i < length; i++) bytes[i] = static_cast<uint8_t>(first + i * 7 + i / 251);
    return bytes;
  }
  DatagramReader::Request Request(size_t slot_bytes, unsigned count, size_t buffer_bytes = 65536, size_t headroom = 0) {
    slots.assign(count * (slot_bytes + headroom), 0);
    return {to.get(), slots.data(), slot_bytes, headroom, buffer_bytes, count, with_ancillary};
  }
  bool Holds(DatagramReader& reader, unsigned index, const std::vector<uint8_t>& bytes) {
    return reader.length(index) == bytes.size() && std::equal(bytes.begin(), bytes.end(), reader.bytes(index));
  }

  InetFamily family;
  UniqueFd from;
  UniqueFd to;
  SocketName name;  // Of `to`.
  std::vector<uint8_t> slots;
  bool with_ancillary = false;
};

}  // namespace

TEST("datagrams of every length are whole, in their slots or beside them") {
  Pair pair;
  DatagramReader reader;
  const std::vector<size_t> lengths = {0, 1, 255, 256, 257, 5000, 65507, 3};
  for (const size_t headroom : {size_t{0}, DatagramReader::kMaxHeadroom}) {
    for (size_t i = 0; i < lengths.size(); i++) pair.Send(Pair::Numbered(lengths[i], static_cast<uint8_t>(i)));
    REQUIRE(reader.Receive(pair.Request(256, 64, 65536, headroom)) == 0);
    REQUIRE(reader.count() == lengths.size());
    for (unsigned i = 0; i < lengths.size(); i++) {
      // The headroom is the caller's to write.
      std::fill_n(reader.bytes(i) - headroom, headroom, 0xee);
      EXPECT_EQ(reader.in_slot(i), lengths[i] <= 256);
      EXPECT_FALSE(reader.truncated(i));
      EXPECT_TRUE(pair.Holds(reader, i, Pair::Numbered(lengths[i], static_cast<uint8_t>(i))));
    }
  }
}

TEST("64 of the longest datagrams beside their slots do not touch each other") {
  Pair pair;
  REQUIRE(SetDescriptorOption(pair.to.get(), pair.family, InetOption::kRecbuf, std::vector<uint32_t>{4'000'000}) == 0);
  DatagramReader reader;
  unsigned sent = 0;
  for (; sent < 40; sent++) pair.Send(Pair::Numbered(65507, static_cast<uint8_t>(sent)));
  unsigned got = 0;
  while (reader.Receive(pair.Request(16, 64, 65536, DatagramReader::kMaxHeadroom)) == 0) {
    for (unsigned i = 0; i < reader.count(); i++, got++) EXPECT_TRUE(pair.Holds(reader, i, Pair::Numbered(65507, static_cast<uint8_t>(got))));
  }
  EXPECT_EQ(got, sent);
}

TEST("no more are read than were asked for, and none is EAGAIN") {
  Pair pair;
  DatagramReader reader;
  EXPECT_EQ(reader.Receive(pair.Request(256, 1)), EAGAIN);
  EXPECT_EQ(reader.count(), 0u);
  for (uint8_t i = 0; i < 5; i++) pair.Send({i});
  for (const unsigned count : {1u, 3u}) {
    REQUIRE(reader.Receive(pair.Request(256, count)) == 0);
    EXPECT_EQ(reader.count(), count);
  }
  REQUIRE(reader.Receive(pair.Request(256, 64)) == 0);
  EXPECT_EQ(reader.count(), 1u);
  EXPECT_TRUE(pair.Holds(reader, 0, {4}));
  EXPECT_EQ(reader.Receive(pair.Request(256, 64)), EAGAIN);
}

TEST("UB-1: what is longer than the buffer is cut and marked, in a slot or beside it") {
  Pair pair;
  DatagramReader reader;
  for (const auto& [slot, buffer] : {std::pair<size_t, size_t>{256, 10}, {256, 256}, {256, 1000}}) {
    pair.Send(Pair::Numbered(buffer, 1));
    pair.Send(Pair::Numbered(buffer + 1, 2));
    REQUIRE(reader.Receive(pair.Request(slot, 64, buffer)) == 0);
    REQUIRE(reader.count() == 2u);
    EXPECT_TRUE(pair.Holds(reader, 0, Pair::Numbered(buffer, 1)));
    EXPECT_FALSE(reader.truncated(0));
    EXPECT_TRUE(pair.Holds(reader, 1, Pair::Numbered(buffer, 2)));
    EXPECT_TRUE(reader.truncated(1));
  }
}

TEST("a buffer that is wider than IP's datagrams is read alone") {
  Pair pair;
  DatagramReader reader;
  pair.Send(Pair::Numbered(60'000, 1));
  pair.Send({2});
  REQUIRE(reader.Receive(pair.Request(256, 64, 0xffffffff)) == 0);
  EXPECT_EQ(reader.count(), 1u);
  EXPECT_TRUE(pair.Holds(reader, 0, Pair::Numbered(60'000, 1)));
}

#if defined(__linux__)

TEST("UM-2: what was asked for is told of each datagram") {
  Pair four;
  DatagramReader reader;
  four.with_ancillary = true;
  for (const InetOption option : {InetOption::kRecvTos, InetOption::kRecvTtl, InetOption::kRecvPktinfo}) {
    REQUIRE(SetDescriptorOption(four.to.get(), four.family, option, std::vector<uint32_t>{1}) == 0);
  }
  REQUIRE(SetDescriptorOption(four.from.get(), four.family, InetOption::kTos, std::vector<uint32_t>{0x20}) == 0);
  REQUIRE(SetDescriptorOption(four.from.get(), four.family, InetOption::kTtl, std::vector<uint32_t>{3}) == 0);
  four.Send({1});
  REQUIRE(reader.Receive(four.Request(256, 64)) == 0);
  Ancillary ancillary;
  size_t segment_bytes = 1;
  reader.ReadAncillary(0, &ancillary, &segment_bytes);
  EXPECT_EQ(segment_bytes, 0u);
  EXPECT_EQ(ancillary.tos, 0x20u);
  EXPECT_EQ(ancillary.ttl, 3u);
  EXPECT_EQ(ancillary.destination[0], 0x7f000001u);
  EXPECT_TRUE(ancillary.interface != 0);
  EXPECT_FALSE(ancillary.Has(DatagramFlag::kTclass));

  Pair six(InetFamily::kIpv6);
  six.with_ancillary = true;
  for (const InetOption option : {InetOption::kRecvTclass, InetOption::kRecvPktinfo}) {
    REQUIRE(SetDescriptorOption(six.to.get(), six.family, option, std::vector<uint32_t>{1}) == 0);
  }
  REQUIRE(SetDescriptorOption(six.from.get(), six.family, InetOption::kTclass, std::vector<uint32_t>{0x40}) == 0);
  six.Send({1});
  REQUIRE(reader.Receive(six.Request(256, 1)) == 0);
  Ancillary of_six;
  reader.ReadAncillary(0, &of_six, &segment_bytes);
  EXPECT_EQ(of_six.tclass, 0x40u);
  EXPECT_EQ(of_six.destination, (std::array<uint32_t, 4>{0, 0, 0, 1}));
  EXPECT_FALSE(of_six.Has(DatagramFlag::kTos));
}

#endif

}  // namespace mailport::io::test
