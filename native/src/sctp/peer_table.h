// The peers of one endpoint's associations, and the association that a packet is for. A peer is an address (with its zone, if it is link-local), an SCTP port
// and a UDP port. Users of one host, or of one NAT, share the address and choose the SCTP port, but not the UDP port.
#pragma once

#include <unordered_map>
#include <vector>

#include "siphash.h"
#include "types.h"

namespace mailport::sctp {

class Association;
class Path;

struct PeerKey {
  IpAddress address;
  uint16_t port = 0;
  bool operator==(const PeerKey&) const = default;
};

struct PeerKeyHash {
  SipKey key;
  size_t operator()(const PeerKey& peer) const;
};

class PeerTable {
 public:
  explicit PeerTable(const SipKey& key) : hash_{key}, further_(0, PeerKeyHash{key}) {}
  PeerTable(const PeerTable&) = delete;
  PeerTable& operator=(const PeerTable&) = delete;

  // An association stands here under the address that it began with.
  void Add(Association& association);
  void Remove(Association& association);
  // A further address that the peer has shown to be its own, or that the user has given: the association is found by it, too. An address that a peer only lists
  // does not count, as its owner could not be called any more.
  void AddFurther(const IpAddress& address, Association& association);
  // As many peers may have a further address and a port in common, told apart by their UDP ports. Each packet from there may look at all of them, so whoever has
  // many addresses of its own must not make them any number.
  static constexpr size_t kMostSharers = 16;
  bool MayShare(const PeerKey& further) const;
  void RemoveFurther(const IpAddress& address, const Association& association);
  // A peer that lists further addresses may send from them; its packets are then known by their tag.
  void AddTag(uint32_t tag, Association& association) { by_tag_.emplace(tag, &association); }
  void RemoveTag(uint32_t tag, const Association& association);

  // The association with exactly that peer, at whichever of its addresses.
  Association* Find(const PeerKey& peer, uint16_t udp_port) const;
  // The first association with that address and SCTP port, whatever its UDP port; the others follow by next_alike. Peers cannot make this list longer than one:
  // only our own calls to further UDP ports do.
  Association* First(const PeerKey& peer) const;
  // The same, or one that has it as a further address.
  Association* Any(const PeerKey& peer) const;
  // The association that has that tag in the table; null if none has.
  Association* ByTag(uint32_t tag) const {
    const auto found = by_tag_.find(tag);
    return found == by_tag_.end() ? nullptr : found->second;
  }
  // The association that a packet seems to be for: the tag, which is still to be checked, decides between several.
  Association* ForPacket(const PeerKey& from, uint16_t udp_port, uint32_t tag) const;

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  // How many associations are with this host. For limits all of a 64-bit IPv6 network is one host, as anybody there has all of its addresses.
  size_t CountAt(const IpAddress& address) const;

 private:
  // Where a peer stands, or the empty place in which it would.
  size_t PlaceOf(size_t hash, const PeerKey& peer) const;
  void GrowIfFull();
  void Empty(size_t place);

  // Open addressing: a look-up touches one place of the table, and then the association itself.
  struct Place {
    size_t hash = 0;
    Association* first = nullptr;  // Null: empty.
  };
  PeerKeyHash hash_;
  std::vector<Place> places_;  // A power of two of them, a quarter empty at least.
  size_t used_ = 0;
  std::unordered_multimap<PeerKey, Association*, PeerKeyHash> further_;
  std::unordered_map<uint32_t, Association*> by_tag_;  // Associations whose peers list addresses, by our tag, which is random.
  std::unordered_map<uint64_t, uint32_t> counts_;  // By the keyed hash of the network, without ports: as good as the network itself, and smaller.
  size_t size_ = 0;
  mutable PeerKey last_key_;
  mutable Association* last_ = nullptr;
};

}  // namespace mailport::sctp
