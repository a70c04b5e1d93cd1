// The events that an association sends to its socket's application (RFC 6458 section 6.1). Without a socket, events are dropped.
#pragma once

#include "capabilities.h"
#include "ledger.h"
#include "peer_table.h"
#include "tx/outbound.h"

namespace mailport::sctp {

class AssociationEvents {
 public:
  AssociationEvents(AssocId id, const PeerKey& peer, const Ledger& ledger) : id_(id), peer_(peer), ledger_(ledger) {}

  // If `watched`, the next association change answers a call that waits for it: it is delivered as kConnectResult.
  void Watch(bool watched) { watched_ = watched; }
  bool watched() const { return watched_; }

  void AssocChange(AssocState state, uint32_t error, const Capabilities& capabilities);
  void AddressChange(const IpAddress& address, PeerAddrState state, uint32_t error);
  // Events show the primary address (MS-11).
  void SetPrimary(const IpAddress& address) { peer_.address = address; }
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
  Item NewItem(ItemKind kind) const;
  void Notify(const Item& item, uint32_t event_bit);

  const AssocId id_;
  PeerKey peer_;
  const Ledger& ledger_;
  bool watched_ = false;
};

}  // namespace mailport::sctp
