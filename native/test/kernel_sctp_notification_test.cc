// Notifications of the kernel's SCTP, as bytes: truncated at every length; at random in kernel_sctp_fuzz_test.cc.
#if defined(__linux__)

#include <netinet/in.h>

#include <cstddef>
#include <memory>

#include "../src/kernel_sctp/option_calls.h"
#include "../src/kernel_sctp/notification.h"
#include "check.h"
#include "notifications.h"

namespace mailport::kernel_sctp::test {
namespace {

using sctp::Bytes;
using sctp::Item;
using sctp::ItemKind;

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
    EXPECT_TRUE(io::ParseAddress("192.0.2.1", &item.peer));
    item.peer_port = 9;
    const Buffer change = PeerAddrChange(text, SCTP_ADDR_CONFIRMED);
    EXPECT_TRUE(ParseNotification(change, &item) == NotificationKind::kItem);
    sctp::IpAddress address;
    EXPECT_TRUE(io::ParseAddress(text, &address));
    EXPECT_TRUE(item.changed == address);
    EXPECT_EQ(item.changed_port, 9);
    // The event's own address does not change the peer that the event is from (MS-11).
    EXPECT_TRUE(item.peer.bytes[0] == 192);
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

}  // namespace mailport::kernel_sctp::test

#endif
