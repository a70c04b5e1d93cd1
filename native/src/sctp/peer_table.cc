#include "peer_table.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "association.h"
#include "packet/wire.h"

namespace mailport::sctp {

namespace {

constexpr size_t kNetworkBytes = 8;

// All hosts of a link have addresses of one link-local network, so that network is not one host.
bool IsLinkLocal(const IpAddress& address) { return address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80; }

PeerKey NetworkOf(const IpAddress& address) {
  PeerKey key{.address = address};
  if (address.family == 6 && !IsLinkLocal(address)) std::fill(key.address.bytes.begin() + kNetworkBytes, key.address.bytes.end(), 0);
  return key;
}

}  // namespace

size_t PeerKeyHash::operator()(const PeerKey& peer) const {
  std::array<uint8_t, 23> bytes;
  std::memcpy(bytes.data(), peer.address.bytes.data(), 16);
  bytes[16] = peer.address.family;
  Store16(&bytes[17], peer.port);
  Store32(&bytes[19], peer.address.scope_id);
  return SipHash(key, bytes);
}

void PeerTable::Add(Association& association) {
  Association*& first = peers_[association.peer()];
  association.next_alike = first;
  first = &association;
  ++counts_[NetworkOf(association.peer().address)];
  ++size_;
  last_ = nullptr;
}

void PeerTable::Remove(Association& association) {
  const auto found = peers_.find(association.peer());
  if (found == peers_.end()) return;
  Association** link = &found->second;
  while (*link != nullptr && *link != &association) link = &(*link)->next_alike;
  if (*link == nullptr) return;
  *link = association.next_alike;
  if (found->second == nullptr) peers_.erase(found);
  const auto count = counts_.find(NetworkOf(association.peer().address));
  if (--count->second == 0) counts_.erase(count);
  --size_;
  last_ = nullptr;
}

size_t PeerTable::CountAt(const IpAddress& address) const {
  const auto found = counts_.find(NetworkOf(address));
  return found == counts_.end() ? 0 : found->second;
}

void PeerTable::RemoveTag(uint32_t tag, const Association& association) {
  const auto found = by_tag_.find(tag);
  if (found != by_tag_.end() && found->second == &association) by_tag_.erase(found);
}

Association* PeerTable::First(const PeerKey& peer) const {
  if (last_ != nullptr && last_key_ == peer) return last_;
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return nullptr;
  last_key_ = peer;
  return last_ = found->second;
}

Association* PeerTable::Any(const PeerKey& peer) const {
  if (Association* first = First(peer)) return first;
  if (further_.empty()) return nullptr;
  const auto found = further_.find(peer);
  return found == further_.end() ? nullptr : found->second;
}

Association* PeerTable::Find(const PeerKey& peer, uint16_t udp_port) const {
  Association* found = First(peer);
  while (found != nullptr && found->udp_port() != udp_port) found = found->next_alike;
  if (found != nullptr || further_.empty()) return found;
  const auto [begin, end] = further_.equal_range(peer);
  for (auto each = begin; each != end; ++each)
    if (each->second->UdpPortAt(peer.address) == udp_port) return each->second;
  return nullptr;
}

void PeerTable::AddFurther(const IpAddress& address, Association& association) { further_.emplace(PeerKey{address, association.peer().port}, &association); }

void PeerTable::RemoveFurther(const IpAddress& address, const Association& association) {
  if (further_.empty()) return;
  const auto [begin, end] = further_.equal_range({address, association.peer().port});
  for (auto each = begin; each != end; ++each) {
    if (each->second != &association) continue;
    further_.erase(each);
    return;
  }
}

Association* PeerTable::ForPacket(const PeerKey& from, uint16_t udp_port, uint32_t tag) const {
  Association* const first = First(from);
  if (first != nullptr && (first->terms().local_tag == tag || (first->next_alike == nullptr && by_tag_.empty()))) return first;
  for (Association* each = first; each != nullptr; each = each->next_alike)
    if (each->terms().local_tag == tag) return each;
  if (const auto found = by_tag_.find(tag); found != by_tag_.end()) {
    Association* const association = found->second;
    if (association->peer().port == from.port && association->MayHave(from.address)) return association;
  }
  // The tag is a reflected one, or wrong.
  Association* const exact = Find(from, udp_port);
  return exact != nullptr ? exact : Any(from);
}

}  // namespace mailport::sctp
