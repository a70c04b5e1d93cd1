// The events that an association sends to its socket's application (RFC 6458 section 6.1). Without a socket, events are dropped.
#pragma once

#include "capabilities.h"
#include "tx/outbound.h"

namespace mailport::sctp {

class Association;
class Socket;

class AssociationEvents {
 public:
  explicit AssociationEvents(const Association& association) : association_(association) {}

  // If `watched`, the next association change answers a call that waits for it: it is delivered as kConnectResult.
  void Watch(bool watched) { watched_ = watched; }
  bool watched() const { return watched_; }

  void AssocChange(AssocState state, uint32_t error, const Capabilities& capabilities);
  void AddressChange(const IpAddress& address, PeerAddrState state, uint32_t error);
  void Adaptation(uint32_t indication);
  void Shutdown();
  void RemoteError(uint16_t cause, Bytes causes);
  void SendFailed(const FailedSend& failed, uint32_t cause);
  void SenderDry();
  // `flags`: kReset….
  void StreamReset(uint32_t flags, std::span<const uint16_t> streams);
  void AssocReset(uint32_t flags, uint32_t local_tsn, uint32_t remote_tsn);
  void StreamChange(uint32_t flags, uint16_t outbound, uint16_t inbound);
  void Authentication(AuthIndication indication, uint16_t key_id);

 private:
  Socket* socket() const;
  // Events show the primary address (MS-11).
  Item NewItem(ItemKind kind) const;
  void Notify(const Item& item, uint32_t event_bit);

  const Association& association_;
  bool watched_ = false;
};

}  // namespace mailport::sctp
