#include "notifications.h"

#if defined(__linux__)

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>

#include "../src/kernel_sctp/option_calls.h"
#include "../src/kernel_sctp/control_messages.h"
#include "check.h"

namespace mailport::kernel_sctp::test {

using sctp::Item;
using sctp::ItemKind;

namespace {

template <typename T>
Buffer BytesOf(const T& value, size_t length = sizeof(T)) {
  Buffer bytes(length);
  std::memcpy(bytes.data(), &value, length);
  return bytes;
}

Buffer Joined(Buffer first, const std::string& text) {
  first.insert(first.end(), text.begin(), text.end());
  return first;
}

}  // namespace

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

Buffer SendFailed(const std::string& payload) {
  sctp_send_failed failed{};
  failed.ssf_type = SCTP_SEND_FAILED;
  failed.ssf_flags = SCTP_DATA_SENT;
  failed.ssf_length = static_cast<uint32_t>(sizeof(failed) + payload.size());
  failed.ssf_error = htons(kUserAbort);
  failed.ssf_info.sinfo_stream = 3;
  failed.ssf_info.sinfo_flags = 4 | 3;  // The chunk's: unordered, and unfragmented.
  failed.ssf_info.sinfo_ppid = htonl(5);
  failed.ssf_info.sinfo_context = 6;
  failed.ssf_info.sinfo_timetolive = 7;
  failed.ssf_assoc_id = 77;
  return Joined(BytesOf(failed), payload);
}

Buffer PeerAddrChange(const char* text, int state) {
  sctp_paddr_change change{};
  change.spc_type = SCTP_PEER_ADDR_CHANGE;
  change.spc_length = sizeof(change);
  sctp::IpAddress address;
  EXPECT_TRUE(io::ParseAddress(text, &address));
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

Buffer SenderDry() { return BytesOf(sctp_sender_dry_event{SCTP_SENDER_DRY_EVENT, 0, sizeof(sctp_sender_dry_event), 77}); }

Buffer Authentication(uint32_t indication) {
  return BytesOf(sctp_authkey_event{SCTP_AUTHENTICATION_EVENT, 0, sizeof(sctp_authkey_event), 9, 0, indication, 77});
}

Buffer StreamReset(uint16_t flags, const std::vector<uint16_t>& streams) {
  sctp_stream_reset_event event{};
  event.strreset_type = SCTP_STREAM_RESET_EVENT;
  event.strreset_flags = flags;
  event.strreset_length = static_cast<uint32_t>(sizeof(event) + streams.size() * sizeof(uint16_t));
  event.strreset_assoc_id = 77;
  Buffer bytes = BytesOf(event);
  const auto* list = reinterpret_cast<const uint8_t*>(streams.data());
  bytes.insert(bytes.end(), list, list + streams.size() * sizeof(uint16_t));
  return bytes;
}

Buffer AssocReset(uint16_t flags) {
  return BytesOf(sctp_assoc_reset_event{SCTP_ASSOC_RESET_EVENT, flags, sizeof(sctp_assoc_reset_event), 77, 0xfffffffe, 5});
}

Buffer StreamChange(uint16_t flags) {
  return BytesOf(sctp_stream_change_event{SCTP_STREAM_CHANGE_EVENT, flags, sizeof(sctp_stream_change_event), 77, 12, 34});
}

std::vector<Sample> Samples() {
  return {
      {AssocChange(SCTP_COMM_LOST, kUserAbort), offsetof(sctp_assoc_change, sac_info), ItemKind::kAssocChange},
      {PeerAddrChange("10.1.2.3", SCTP_ADDR_CONFIRMED), sizeof(sctp_paddr_change), ItemKind::kPeerAddrChange},
      {RemoteError("causes"), offsetof(sctp_remote_error, sre_data), ItemKind::kRemoteError},
      {SendFailed("payload"), offsetof(sctp_send_failed, ssf_data), ItemKind::kSendFailed},
      {Shutdown(), sizeof(sctp_shutdown_event), ItemKind::kShutdownEvent},
      {Adaptation(), sizeof(sctp_adaptation_event), ItemKind::kAdaptation},
      {PartialDelivery(), offsetof(sctp_pdapi_event, pdapi_stream), ItemKind::kPartialDelivery},
      {SenderDry(), sizeof(sctp_sender_dry_event), ItemKind::kSenderDry},
      {Authentication(0), sizeof(sctp_authkey_event), ItemKind::kAuthentication},
      {StreamReset(SCTP_STREAM_RESET_INCOMING_SSN, {3, 4}), sizeof(sctp_stream_reset_event), ItemKind::kStreamReset},
      {AssocReset(0), sizeof(sctp_assoc_reset_event), ItemKind::kAssocReset},
      {StreamChange(0), sizeof(sctp_stream_change_event), ItemKind::kStreamChange},
  };
}

Buffer Control(uint32_t assoc, uint16_t stream, uint32_t ppid) {
  alignas(cmsghdr) uint8_t control[kSctpControlBytes];
  sctp::SendParams params;
  params.assoc_id = assoc;
  params.stream = stream;
  params.ppid = ppid;
  params.flags = sctp::kFlagUnordered;
  const size_t length = WriteSendReceiveInfo(params, control);
  return {control, control + length};
}

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

std::string Text(sctp::Bytes bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace mailport::kernel_sctp::test

#endif
