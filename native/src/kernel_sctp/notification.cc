// The structures are those of linux/sctp.h, in the byte order of the machine unless said otherwise.
#include "notification.h"

#if defined(__linux__)

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstring>

#include "../io/socket_address.h"
#include "flags.h"

namespace mailport::kernel_sctp {

namespace {

using sctp::Bytes;
using sctp::Item;
using sctp::ItemKind;

// DATA chunk flag in the info of a failed send (EV-18): the kernel gives the chunk's flags, not those of the send.
constexpr uint16_t kChunkUnordered = 4;

// The fixed part of a notification; false if there are fewer bytes than that.
template <typename T>
bool Read(Bytes bytes, size_t length, T* out) {
  if (bytes.size() < length) return false;
  std::memcpy(out, bytes.data(), length);
  return true;
}

template <typename T>
bool Read(Bytes bytes, T* out) {
  return Read(bytes, sizeof(T), out);
}

// Error causes come in network order (EV-17), in words of 16 or more bits.
uint32_t CauseOf(uint32_t error) { return ntohs(static_cast<uint16_t>(error)); }

bool ReadAssocChange(Bytes bytes, Item* item) {
  sctp_assoc_change change;
  if (!Read(bytes, offsetof(sctp_assoc_change, sac_info), &change)) return false;
  item->kind = ItemKind::kAssocChange;
  item->assoc_id = static_cast<uint32_t>(change.sac_assoc_id);
  item->state = change.sac_state;  // Numbered as sctp::AssocState.
  item->error = CauseOf(change.sac_error);
  item->outbound_streams = change.sac_outbound_streams;
  item->inbound_streams = change.sac_inbound_streams;
  return item->state <= static_cast<uint32_t>(sctp::AssocState::kCantAssoc);
}

NotificationKind ReadPeerAddrChange(Bytes bytes, Item* item) {
  sctp_paddr_change change;
  if (!Read(bytes, &change)) return NotificationKind::kMalformed;
  // "Potentially failed" (RFC 7829) for example, which nobody has asked for.
  if (change.spc_state < 0 || change.spc_state > SCTP_ADDR_CONFIRMED) return NotificationKind::kOther;
  item->kind = ItemKind::kPeerAddrChange;
  item->assoc_id = static_cast<uint32_t>(change.spc_assoc_id);
  item->state = static_cast<uint32_t>(change.spc_state);  // Numbered as sctp::PeerAddrState.
  item->error = static_cast<uint32_t>(change.spc_error);  // A number of the path, not a cause (EV-19).
  sockaddr_storage storage;
  std::memcpy(&storage, &change.spc_aaddr, sizeof(storage));
  return io::FromSockaddr(storage, &item->changed, &item->changed_port) ? NotificationKind::kItem : NotificationKind::kMalformed;
}

bool ReadRemoteError(Bytes bytes, Item* item) {
  sctp_remote_error error;
  constexpr size_t kFixedBytes = offsetof(sctp_remote_error, sre_data);
  if (!Read(bytes, kFixedBytes, &error)) return false;
  item->kind = ItemKind::kRemoteError;
  item->assoc_id = static_cast<uint32_t>(error.sre_assoc_id);
  item->error = CauseOf(error.sre_error);
  item->data = bytes.subspan(kFixedBytes);
  return true;
}

bool ReadSendFailed(Bytes bytes, Item* item) {
  sctp_send_failed failed;
  constexpr size_t kFixedBytes = offsetof(sctp_send_failed, ssf_data);
  if (!Read(bytes, kFixedBytes, &failed)) return false;
  item->kind = ItemKind::kSendFailed;
  item->assoc_id = static_cast<uint32_t>(failed.ssf_assoc_id);
  item->state = failed.ssf_flags == SCTP_DATA_SENT ? 1 : 0;
  item->error = CauseOf(failed.ssf_error);
  item->stream = failed.ssf_info.sinfo_stream;
  item->ssn = failed.ssf_info.sinfo_ssn;
  item->flags = (failed.ssf_info.sinfo_flags & kChunkUnordered) != 0 ? sctp::kFlagUnordered : 0;
  item->ppid = ntohl(failed.ssf_info.sinfo_ppid);
  item->context = failed.ssf_info.sinfo_context;
  item->time_to_live = failed.ssf_info.sinfo_timetolive;
  item->tsn = failed.ssf_info.sinfo_tsn;
  item->cum_tsn = failed.ssf_info.sinfo_cumtsn;
  item->data = bytes.subspan(kFixedBytes);
  return true;
}

bool ReadShutdown(Bytes bytes, Item* item) {
  sctp_shutdown_event event;
  if (!Read(bytes, &event)) return false;
  item->kind = ItemKind::kShutdownEvent;
  item->assoc_id = static_cast<uint32_t>(event.sse_assoc_id);
  return true;
}

bool ReadPartialDelivery(Bytes bytes, Item* item) {
  sctp_pdapi_event event;
  // Stream and sequence number are younger than the rest of the structure, and are not read.
  if (!Read(bytes, offsetof(sctp_pdapi_event, pdapi_stream), &event)) return false;
  item->kind = ItemKind::kPartialDelivery;
  item->assoc_id = static_cast<uint32_t>(event.pdapi_assoc_id);
  item->state = event.pdapi_indication;
  return true;
}

bool ReadAdaptation(Bytes bytes, Item* item) {
  sctp_adaptation_event event;
  if (!Read(bytes, &event)) return false;
  item->kind = ItemKind::kAdaptation;
  item->assoc_id = static_cast<uint32_t>(event.sai_assoc_id);
  item->value = event.sai_adaptation_ind;
  return true;
}

// RFC 6458 sections 6.1.11 to 6.1.13. Flags are numbered as sctp::kReset…; other bits that a kernel sets are left out.
constexpr uint32_t kResetFlags = sctp::kResetIncoming | sctp::kResetOutgoing | sctp::kResetDenied | sctp::kResetFailed;
constexpr uint32_t kChangeFlags = sctp::kResetDenied | sctp::kResetFailed;

bool ReadStreamReset(Bytes bytes, Item* item) {
  sctp_stream_reset_event event;
  constexpr size_t kFixedBytes = offsetof(sctp_stream_reset_event, strreset_stream_list);
  if (!Read(bytes, kFixedBytes, &event)) return false;
  item->kind = ItemKind::kStreamReset;
  item->assoc_id = static_cast<uint32_t>(event.strreset_assoc_id);
  item->state = event.strreset_flags & kResetFlags;
  // An empty list stands for all streams. Half a number at the end is ignored.
  item->data = bytes.subspan(kFixedBytes, (bytes.size() - kFixedBytes) & ~size_t{1});
  return true;
}

bool ReadAssocReset(Bytes bytes, Item* item) {
  sctp_assoc_reset_event event;
  if (!Read(bytes, &event)) return false;
  item->kind = ItemKind::kAssocReset;
  item->assoc_id = static_cast<uint32_t>(event.assocreset_assoc_id);
  item->state = event.assocreset_flags & kChangeFlags;
  item->tsn = event.assocreset_local_tsn;
  item->cum_tsn = event.assocreset_remote_tsn;
  return true;
}

bool ReadStreamChange(Bytes bytes, Item* item) {
  sctp_stream_change_event event;
  if (!Read(bytes, &event)) return false;
  item->kind = ItemKind::kStreamChange;
  item->assoc_id = static_cast<uint32_t>(event.strchange_assoc_id);
  item->state = event.strchange_flags & kChangeFlags;
  item->inbound_streams = event.strchange_instrms;
  item->outbound_streams = event.strchange_outstrms;
  return true;
}

bool ReadSenderDry(Bytes bytes, Item* item) {
  sctp_sender_dry_event event;
  if (!Read(bytes, &event)) return false;
  item->kind = ItemKind::kSenderDry;
  item->assoc_id = static_cast<uint32_t>(event.sender_dry_assoc_id);
  return true;
}

// sctp_authkey_event; an indication that we do not know is nobody's.
NotificationKind ReadAuthentication(Bytes bytes, Item* item) {
  sctp_authkey_event event;
  if (!Read(bytes, &event)) return NotificationKind::kMalformed;
  if (event.auth_indication > static_cast<uint32_t>(sctp::AuthIndication::kNoAuth)) return NotificationKind::kOther;
  item->kind = ItemKind::kAuthentication;
  item->assoc_id = static_cast<uint32_t>(event.auth_assoc_id);
  item->state = event.auth_indication;  // Numbered as sctp::AuthIndication.
  item->value = event.auth_keynumber;
  return NotificationKind::kItem;
}

NotificationKind Outcome(bool whole) { return whole ? NotificationKind::kItem : NotificationKind::kMalformed; }

}  // namespace

NotificationKind ParseNotification(Bytes bytes, Item* item) {
  struct Header {
    uint16_t type;
    uint16_t flags;
    uint32_t length;
  } header;
  if (!Read(bytes, &header) || header.length < sizeof(header)) return NotificationKind::kMalformed;
  // The length is that of the whole notification, whatever part of it was read.
  if (header.length < bytes.size()) bytes = bytes.first(header.length);
  switch (header.type) {
    case SCTP_ASSOC_CHANGE:
      return Outcome(ReadAssocChange(bytes, item));
    case SCTP_PEER_ADDR_CHANGE:
      return ReadPeerAddrChange(bytes, item);
    case SCTP_REMOTE_ERROR:
      return Outcome(ReadRemoteError(bytes, item));
    case SCTP_SEND_FAILED:
      return Outcome(ReadSendFailed(bytes, item));
    case SCTP_SHUTDOWN_EVENT:
      return Outcome(ReadShutdown(bytes, item));
    case SCTP_PARTIAL_DELIVERY_EVENT:
      return Outcome(ReadPartialDelivery(bytes, item));
    case SCTP_ADAPTATION_INDICATION:
      return Outcome(ReadAdaptation(bytes, item));
    case SCTP_AUTHENTICATION_EVENT:
      return ReadAuthentication(bytes, item);
    case SCTP_SENDER_DRY_EVENT:
      return Outcome(ReadSenderDry(bytes, item));
    case SCTP_STREAM_RESET_EVENT:
      return Outcome(ReadStreamReset(bytes, item));
    case SCTP_ASSOC_RESET_EVENT:
      return Outcome(ReadAssocReset(bytes, item));
    case SCTP_STREAM_CHANGE_EVENT:
      return Outcome(ReadStreamChange(bytes, item));
    default:
      return NotificationKind::kOther;
  }
}

}  // namespace mailport::kernel_sctp

#endif
