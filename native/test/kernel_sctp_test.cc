// What the kernel's SCTP hands over, as bytes: control messages, notifications, lists of addresses, and messages in parts, truncated at every length.
// At random is in kernel_sctp_fuzz_test.cc. No SCTP in the kernel is needed.
#if defined(__linux__)

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../src/io/kernel_sctp_assembly.h"
#include "../src/io/kernel_sctp_calls.h"
#include "../src/io/kernel_sctp_control.h"
#include "../src/io/kernel_sctp_notification.h"
#include "../src/io/kernel_sctp_socket.h"
#include "check.h"
#include "notifications.h"
#include "random.h"

namespace mailport::io::test {
namespace {

using sctp::Bytes;
using sctp::Item;
using sctp::ItemKind;

// `text` is a literal, or lives longer.
SctpPart Part(std::string_view text, const Buffer& control, bool last) {
  SctpPart part;
  part.data = {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  part.control = control;
  part.last = last;
  return part;
}

std::string Text(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

TEST("RFC 6458 6.1: each notification becomes the item of its kind, whole from its fixed part on, malformed before") {
  for (const Sample& sample : Samples()) {
    for (size_t length = 0; length <= sample.bytes.size(); length++) {
      check::Note("kind " + std::to_string(static_cast<int>(sample.kind)) + ", " + std::to_string(length) + " bytes");
      Item item;
      const NotificationKind kind = Parse(sample.bytes, length, &item);
      EXPECT_TRUE(kind == (length < sample.fixed_bytes ? NotificationKind::kMalformed : NotificationKind::kItem));
      if (kind != NotificationKind::kItem) continue;
      EXPECT_EQ(item.kind, sample.kind);
      EXPECT_EQ(item.assoc_id, 77);
    }
  }
}

TEST("EV-17: causes are in host order") {
  Item item;
  const Buffer change = AssocChange(SCTP_COMM_LOST, kUserAbort);
  EXPECT_TRUE(ParseNotification(change, &item) == NotificationKind::kItem);
  EXPECT_EQ(item.state, static_cast<uint32_t>(sctp::AssocState::kCommLost));
  EXPECT_EQ(item.error, kUserAbort);
  EXPECT_EQ(item.outbound_streams, 10);
  EXPECT_EQ(item.inbound_streams, 5);
  const Buffer error = RemoteError("causes");
  EXPECT_TRUE(ParseNotification(error, &item) == NotificationKind::kItem);
  EXPECT_EQ(item.error, 9);
  EXPECT_EQ(Text(item.data), "causes");
}

TEST("EV-7, EV-18: a failed send gives the flags of the send, its numbers and its payload") {
  Item item;
  const Buffer failed = SendFailed("payload");
  EXPECT_TRUE(ParseNotification(failed, &item) == NotificationKind::kItem);
  EXPECT_EQ(item.state, 1);
  EXPECT_EQ(item.error, kUserAbort);
  EXPECT_EQ(item.stream, 3);
  EXPECT_EQ(item.flags, sctp::kFlagUnordered);
  EXPECT_EQ(item.ppid, 5);
  EXPECT_EQ(item.context, 6);
  EXPECT_EQ(item.time_to_live, 7);
  EXPECT_EQ(Text(item.data), "payload");
}

TEST("EV-6, EV-19: address changes name the address, mapped ones as IPv4; unknown states are nobody's item") {
  for (const char* text : {"10.1.2.3", "2001:db8::1", "::ffff:10.1.2.3"}) {
    Item item;
    item.peer_port = 5;
    const Buffer change = PeerAddrChange(text, SCTP_ADDR_CONFIRMED);
    EXPECT_TRUE(ParseNotification(change, &item) == NotificationKind::kItem);
    IpAddress address;
    EXPECT_TRUE(ParseAddress(text, &address));
    EXPECT_TRUE(item.peer == address);
    EXPECT_EQ(item.peer_port, 9);
    EXPECT_EQ(item.state, static_cast<uint32_t>(sctp::PeerAddrState::kConfirmed));
    EXPECT_EQ(item.error, 2);
  }
  Item item;
  for (const int state : {SCTP_ADDR_CONFIRMED + 1, -1, INT32_MIN, INT32_MAX}) {
    EXPECT_TRUE(ParseNotification(PeerAddrChange("10.1.2.3", state), &item) == NotificationKind::kOther);
  }
  EXPECT_TRUE(ParseNotification(AssocChange(SCTP_CANT_STR_ASSOC + 1, 0), &item) == NotificationKind::kMalformed);
}

TEST("RFC 6458 6.1.11: streams that begin anew, whose, and which; half a number at the end is none") {
  Item item;
  const Buffer both = StreamReset(SCTP_STREAM_RESET_INCOMING_SSN | SCTP_STREAM_RESET_OUTGOING_SSN | 0x40, {3, 65535});
  EXPECT_TRUE(ParseNotification(both, &item) == NotificationKind::kItem);
  EXPECT_EQ(item.state, sctp::kResetIncoming | sctp::kResetOutgoing);
  REQUIRE(item.data.size() == 4);
  uint16_t streams[2];
  std::memcpy(streams, item.data.data(), sizeof(streams));
  EXPECT_EQ(streams[0], 3);
  EXPECT_EQ(streams[1], 65535);
  EXPECT_TRUE(ParseNotification(Bytes(both).first(both.size() - 1), &item) == NotificationKind::kItem);
  EXPECT_EQ(item.data.size(), 2);
  const Buffer denied = StreamReset(SCTP_STREAM_RESET_OUTGOING_SSN | SCTP_STREAM_RESET_DENIED, {});
  EXPECT_TRUE(ParseNotification(denied, &item) == NotificationKind::kItem);
  EXPECT_EQ(item.state, sctp::kResetOutgoing | sctp::kResetDenied);
  EXPECT_TRUE(item.data.empty());
}

TEST("RFC 6458 6.1.12, 6.1.13: an association begins anew, and how many streams there are") {
  Item item;
  EXPECT_TRUE(ParseNotification(AssocReset(SCTP_ASSOC_RESET_FAILED), &item) == NotificationKind::kItem);
  EXPECT_EQ(item.state, sctp::kResetFailed);
  EXPECT_EQ(item.tsn, 0xfffffffe);
  EXPECT_EQ(item.cum_tsn, 5);
  EXPECT_TRUE(ParseNotification(StreamChange(SCTP_STREAM_CHANGE_DENIED), &item) == NotificationKind::kItem);
  EXPECT_EQ(item.state, sctp::kResetDenied);
  EXPECT_EQ(item.inbound_streams, 12);
  EXPECT_EQ(item.outbound_streams, 34);
}

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

TEST("RV-13: parts of messages are put together by association and stream, and never mix") {
  SctpAssembly assembly;
  const Buffer one = Control(77, 0);
  const Buffer other = Control(78, 0);
  const Buffer stream = Control(77, 1);
  Item item;
  using Outcome = SctpAssembly::Outcome;
  EXPECT_TRUE(assembly.Take(Part("whole", one, true), &item) == Outcome::kItem);
  EXPECT_EQ(Text(item.data), "whole");
  EXPECT_TRUE(assembly.Take(Part("a1", one, false), &item) == Outcome::kNothing);
  EXPECT_TRUE(assembly.Take(Part("b1", other, false), &item) == Outcome::kNothing);
  EXPECT_TRUE(assembly.Take(Part("c1", stream, false), &item) == Outcome::kNothing);
  EXPECT_TRUE(assembly.Take(Part("a2", one, true), &item) == Outcome::kItem);
  EXPECT_EQ(Text(item.data), "a1a2");
  EXPECT_EQ(assembly.bytes(), 4);
  SctpAssembly moved;
  assembly.Move(77, &moved);
  EXPECT_TRUE(moved.Take(Part("c2", stream, true), &item) == Outcome::kItem);
  EXPECT_EQ(Text(item.data), "c1c2");
  EXPECT_TRUE(moved.empty());
  EXPECT_TRUE(assembly.Drop(78));
  EXPECT_FALSE(assembly.Drop(78));
  EXPECT_TRUE(assembly.empty());
  // Without data and flags the socket is at its end.
  EXPECT_TRUE(assembly.Take(Part("", {}, false), &item) == Outcome::kEnd);
}

TEST("a notification in parts is put together, too, between the parts of a message") {
  SctpAssembly assembly;
  const Buffer control = Control(77, 0);
  const Buffer failed = SendFailed("payload");
  Item item;
  using Outcome = SctpAssembly::Outcome;
  EXPECT_TRUE(assembly.Take(Part("one", control, false), &item) == Outcome::kNothing);
  SctpPart first;
  first.notification = true;
  first.data = Bytes(failed).first(30);
  EXPECT_TRUE(assembly.Take(first, &item) == Outcome::kNothing);
  SctpPart second = first;
  second.data = Bytes(failed).subspan(30);
  second.last = true;
  EXPECT_TRUE(assembly.Take(second, &item) == Outcome::kItem);
  EXPECT_EQ(item.kind, ItemKind::kSendFailed);
  EXPECT_EQ(Text(item.data), "payload");
  EXPECT_TRUE(assembly.Take(Part("two", control, true), &item) == Outcome::kItem);
  EXPECT_EQ(Text(item.data), "onetwo");
}

TEST("a message that never ends is given up, and its association named") {
  SctpAssembly assembly;
  const Buffer control = Control(77, 0);
  const std::string megabyte(1 << 20, 'x');
  Item item;
  SctpAssembly::Outcome outcome = SctpAssembly::Outcome::kNothing;
  size_t taken = 0;
  for (; outcome == SctpAssembly::Outcome::kNothing && taken < 200; taken++) outcome = assembly.Take(Part(megabyte, control, false), &item);
  EXPECT_TRUE(outcome == SctpAssembly::Outcome::kTooLarge);
  EXPECT_EQ(taken, SctpAssembly::kMaxMessageBytes / megabyte.size() + 1);
  EXPECT_EQ(item.assoc_id, 77);
  EXPECT_TRUE(assembly.empty());
}

TEST("lists of addresses are read as far as they are whole") {
  std::vector<IpAddress> addresses(3);
  EXPECT_TRUE(ParseAddress("10.1.2.3", &addresses[0]));
  EXPECT_TRUE(ParseAddress("2001:db8::1", &addresses[1]));
  EXPECT_TRUE(ParseAddress("10.1.2.4", &addresses[2]));
  const Buffer packed = PackSockaddrs(addresses, 9);
  EXPECT_EQ(packed.size(), 2 * sizeof(sockaddr_in) + sizeof(sockaddr_in6));
  for (size_t length = 0; length <= packed.size(); length++) {
    const Buffer exact(packed.begin(), packed.begin() + static_cast<ptrdiff_t>(length));
    const size_t whole = length < 16 ? 0 : length < 44 ? 1 : length < 60 ? 2 : 3;
    const std::vector<PackedAddress> found = UnpackSockaddrs(exact, 10);
    EXPECT_EQ(found.size(), whole);
    for (size_t i = 0; i < found.size(); i++) EXPECT_TRUE(found[i].address == addresses[i] && found[i].port == 9);
  }
  EXPECT_EQ(UnpackSockaddrs(packed, 2).size(), 2);
  for (const uint64_t seed : check::Seeds(2000)) {
    sctp::test::Random random(seed);
    Buffer bytes(random.Below(100));
    random.Fill(bytes);
    if (bytes.size() > 1) {
      bytes[0] = random.Chance(0.5) ? AF_INET : AF_INET6;
      bytes[1] = 0;
    }
    UnpackSockaddrs(bytes, 10);
  }
}

TEST("OPN-4: where the kernel has no SCTP, opening says why") {
  if (KernelSctpSocket::Probe() == 0) return;
  std::unique_ptr<KernelSctpSocket> socket;
  EXPECT_EQ(KernelSctpSocket::Open({}, &socket), KernelSctpSocket::Probe());
  EXPECT_TRUE(socket == nullptr);
}

}  // namespace mailport::io::test

#endif
