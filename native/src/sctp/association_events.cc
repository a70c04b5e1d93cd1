#include "association_events.h"

#include <utility>

#include "association.h"
#include "socket.h"

namespace mailport::sctp {

Socket* AssociationEvents::socket() const { return association_.socket(); }

Item AssociationEvents::NewItem(ItemKind kind) const {
  Item item;
  item.kind = kind;
  item.assoc_id = association_.id;
  item.peer = association_.path().route.remote;
  item.peer_port = association_.peer().port;
  return item;
}

void AssociationEvents::Notify(const Item& item, uint32_t event_bit) {
  if (socket() != nullptr) socket()->Notify(item, event_bit);
}

void AssociationEvents::AssocChange(AssocState state, uint32_t error, const Capabilities& capabilities) {
  if (socket() == nullptr) return;
  Item item = NewItem(ItemKind::kAssocChange);
  item.state = static_cast<uint32_t>(state);
  item.error = error;
  // The end of an association says nothing of streams (RFC 6458 §6.1.1), as Linux has it.
  if (state == AssocState::kCommUp || state == AssocState::kRestart) {
    item.outbound_streams = capabilities.outbound_streams;
    item.inbound_streams = capabilities.inbound_streams;
  }
  if (std::exchange(watched_, false)) {
    socket()->NotifyConnect(item);
  } else {
    Notify(item, kEventAssociation);
  }
}

void AssociationEvents::AddressChange(const IpAddress& address, PeerAddrState state, uint32_t error) {
  Item item = NewItem(ItemKind::kPeerAddrChange);
  item.state = static_cast<uint32_t>(state);
  item.error = error;
  item.changed = address;
  item.changed_port = association_.peer().port;
  Notify(item, kEventAddress);
}

void AssociationEvents::Adaptation(uint32_t indication) {
  Item item = NewItem(ItemKind::kAdaptation);
  item.value = indication;
  Notify(item, kEventAdaptation);
}

void AssociationEvents::Shutdown() { Notify(NewItem(ItemKind::kShutdownEvent), kEventShutdown); }

void AssociationEvents::RemoteError(uint16_t cause, Bytes causes) {
  Item item = NewItem(ItemKind::kRemoteError);
  item.error = cause;
  item.data = causes;
  Notify(item, kEventPeerError);
}

void AssociationEvents::SendFailed(const FailedSend& failed, uint32_t cause) {
  Item item = NewItem(ItemKind::kSendFailed);
  item.state = failed.transmitted ? 1 : 0;
  item.error = cause;
  item.stream = failed.stream;
  item.ssn = failed.ssn;
  item.flags = failed.flags;
  item.ppid = failed.ppid;
  item.context = failed.context;
  item.time_to_live = failed.time_to_live_ms;
  item.data = failed.payload;
  Notify(item, kEventSendFailure);
}

void AssociationEvents::StreamReset(uint32_t flags, std::span<const uint16_t> streams) {
  Item item = NewItem(ItemKind::kStreamReset);
  item.state = flags;
  item.data = {reinterpret_cast<const uint8_t*>(streams.data()), streams.size_bytes()};
  Notify(item, kEventStreamReset);
}

void AssociationEvents::AssocReset(uint32_t flags, uint32_t local_tsn, uint32_t remote_tsn) {
  Item item = NewItem(ItemKind::kAssocReset);
  item.state = flags;
  item.tsn = local_tsn;
  item.cum_tsn = remote_tsn;
  Notify(item, kEventAssocReset);
}

// As on Linux, the numbers are those of the streams that were added.
void AssociationEvents::StreamChange(uint32_t flags, uint16_t outbound, uint16_t inbound) {
  Item item = NewItem(ItemKind::kStreamChange);
  item.state = flags;
  item.outbound_streams = outbound;
  item.inbound_streams = inbound;
  Notify(item, kEventStreamChange);
}

void AssociationEvents::Authentication(AuthIndication indication, uint16_t key_id) {
  Item item = NewItem(ItemKind::kAuthentication);
  item.state = static_cast<uint32_t>(indication);
  item.value = key_id;
  Notify(item, kEventAuthentication);
}

// With each acknowledgement of the last data, so an item that nobody wants is not even made.
void AssociationEvents::SenderDry() {
  if (socket() != nullptr && (socket()->options.events & kEventSenderDry) != 0) Notify(NewItem(ItemKind::kSenderDry), kEventSenderDry);
}

}  // namespace mailport::sctp
