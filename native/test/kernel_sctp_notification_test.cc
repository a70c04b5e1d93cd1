// Notifications of the kernel's SCTP, as bytes: truncated at every length, and at random; under the sanitizers nothing may be read beyond the bytes.
#if defined(__linux__)

#include <netinet/in.h>

#include <cstddef>
#include <memory>

#include "../src/io/kernel_sctp_calls.h"
#include "../src/io/kernel_sctp_notification.h"
#include "check.h"
#include "kernel_sctp_bytes.h"
#include "random.h"

namespace mailport::io::test {
namespace {

using sctp::Item;
using sctp::ItemKind;

// Memory of exactly that length, so that the sanitizer sees a byte too far.
NotificationKind Parse(const Buffer& bytes, size_t length, Item* item) {
  const auto exact = std::make_unique<uint8_t[]>(length);
  if (length > 0) std::memcpy(exact.get(), bytes.data(), length);
  const NotificationKind kind = ParseNotification({exact.get(), length}, item);
  if (!item->data.empty()) {
    EXPECT_TRUE(item->data.data() >= exact.get() && item->data.data() + item->data.size() <= exact.get() + length);
    item->data = {};
  }
  return kind;
}

Buffer AssocChange(uint16_t state, uint16_t error) {
  sctp_assoc_change change{};
  change.sac_type = SCTP_ASSOC_CHANGE;
  change.sac_length = sizeof(change);
  change.sac_state = state;
  change.sac_error = htons(error);
  change.sac_outbound_streams = 10;
  change.sac_inbound_streams = 5;
  change.sac_assoc_id = 77;
  return BytesOf(change);
}

Buffer PeerAddrChange(const char* text, int state) {
  sctp_paddr_change change{};
  change.spc_type = SCTP_PEER_ADDR_CHANGE;
  change.spc_length = sizeof(change);
  IpAddress address;
  EXPECT_TRUE(ParseAddress(text, &address));
  sockaddr_storage storage{};
  ToSctpSockaddr(address, 9, &storage);
  std::memcpy(&change.spc_aaddr, &storage, sizeof(storage));
  change.spc_state = state;
  change.spc_error = SCTP_HEARTBEAT_SUCCESS;
  change.spc_assoc_id = 77;
  return BytesOf(change);
}

Buffer RemoteError(const std::string& causes) {
  sctp_remote_error error{};
  error.sre_type = SCTP_REMOTE_ERROR;
  error.sre_length = static_cast<uint32_t>(sizeof(error) + causes.size());
  error.sre_error = htons(9);
  error.sre_assoc_id = 77;
  return Joined(BytesOf(error), causes);
}

Buffer Shutdown() { return BytesOf(sctp_shutdown_event{SCTP_SHUTDOWN_EVENT, 0, sizeof(sctp_shutdown_event), 77}); }

Buffer Adaptation() {
  return BytesOf(sctp_adaptation_event{SCTP_ADAPTATION_INDICATION, 0, sizeof(sctp_adaptation_event), 4711, 77});
}

Buffer PartialDelivery() {
  sctp_pdapi_event event{};
  event.pdapi_type = SCTP_PARTIAL_DELIVERY_EVENT;
  event.pdapi_length = sizeof(event);
  event.pdapi_assoc_id = 77;
  return BytesOf(event);
}

struct Sample {
  Buffer bytes;
  size_t fixed_bytes;  // Fewer are malformed.
  ItemKind kind;
};

std::vector<Sample> Samples() {
  return {
      {AssocChange(SCTP_COMM_LOST, kUserAbort), offsetof(sctp_assoc_change, sac_info), ItemKind::kAssocChange},
      {PeerAddrChange("10.1.2.3", SCTP_ADDR_CONFIRMED), sizeof(sctp_paddr_change), ItemKind::kPeerAddrChange},
      {RemoteError("causes"), offsetof(sctp_remote_error, sre_data), ItemKind::kRemoteError},
      {SendFailed("payload"), offsetof(sctp_send_failed, ssf_data), ItemKind::kSendFailed},
      {Shutdown(), sizeof(sctp_shutdown_event), ItemKind::kShutdownEvent},
      {Adaptation(), sizeof(sctp_adaptation_event), ItemKind::kAdaptation},
      {PartialDelivery(), offsetof(sctp_pdapi_event, pdapi_stream), ItemKind::kPartialDelivery},
  };
}

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

TEST("random notifications, and real ones with bytes changed, are read within their bytes") {
  for (const uint64_t seed : check::Seeds(20000)) {
    check::Note("seed " + std::to_string(seed));
    sctp::test::Random random(seed);
    Buffer bytes(random.Below(300));
    random.Fill(bytes);
    if (random.Chance(0.7)) {
      const std::vector<Sample> samples = Samples();
      bytes = samples[random.Below(samples.size())].bytes;
      for (uint64_t changes = random.Below(4); changes > 0; changes--) {
        bytes[random.Below(bytes.size())] = static_cast<uint8_t>(random.Next());
      }
    }
    Item item;
    Parse(bytes, random.Below(bytes.size() + 1), &item);
  }
}

}  // namespace mailport::io::test

#endif
