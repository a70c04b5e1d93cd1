#include "peer_table.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>

#include "association.h"
#include "give_back.h"
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

size_t PeerTable::PlaceOf(size_t hash, const PeerKey& peer) const {
  size_t place = hash & (places_.size() - 1);
  while (places_[place].first != nullptr && (places_[place].hash != hash || places_[place].first->peer() != peer)) place = (place + 1) & (places_.size() - 1);
  return place;
}

void PeerTable::GrowIfFull() {
  constexpr size_t kFewest = 4;
  if (used_ < places_.size() / 4 * 3) return;
  const std::vector<Place> before = std::exchange(places_, std::vector<Place>(std::max(places_.size() * 2, kFewest)));
  for (const Place& each : before)
    if (each.first != nullptr) places_[PlaceOf(each.hash, each.first->peer())] = each;
}

// Those that had to make way for what is gone move up.
void PeerTable::Empty(size_t place) {
  const size_t mask = places_.size() - 1;
  for (size_t next = (place + 1) & mask; places_[next].first != nullptr; next = (next + 1) & mask) {
    const size_t wanted = places_[next].hash & mask;
    if (((next - wanted) & mask) < ((next - place) & mask)) continue;
    places_[place] = places_[next];
    place = next;
  }
  places_[place] = {};
  if (--used_ == 0) GiveBack(places_);
}

void PeerTable::Add(Association& association) {
  GrowIfFull();
  const size_t hash = hash_(association.peer());
  Place& place = places_[PlaceOf(hash, association.peer())];
  used_ += place.first == nullptr;
  association.next_alike = place.first;
  place = {hash, &association};
  ++counts_[hash_(NetworkOf(association.peer().address))];
  ++size_;
  last_ = nullptr;
}

void PeerTable::Remove(Association& association) {
  if (places_.empty()) return;
  const size_t at = PlaceOf(hash_(association.peer()), association.peer());
  Association** link = &places_[at].first;
  while (*link != nullptr && *link != &association) link = &(*link)->next_alike;
  if (*link == nullptr) return;
  *link = association.next_alike;
  if (places_[at].first == nullptr) {
    Empty(at);
  }
  const auto count = counts_.find(hash_(NetworkOf(association.peer().address)));
  if (--count->second == 0) counts_.erase(count);
  --size_;
  last_ = nullptr;
}

size_t PeerTable::CountAt(const IpAddress& address) const {
  const auto found = counts_.find(hash_(NetworkOf(address)));
  return found == counts_.end() ? 0 : found->second;
}

void PeerTable::RemoveTag(uint32_t tag, const Association& association) {
  const auto found = by_tag_.find(tag);
  if (found != by_tag_.end() && found->second == &association) by_tag_.erase(found);
}

Association* PeerTable::First(const PeerKey& peer) const {
  if (last_ != nullptr && last_key_ == peer) return last_;
  if (places_.empty()) return nullptr;
  Association* const found = places_[PlaceOf(hash_(peer), peer)].first;
  if (found == nullptr) return nullptr;
  last_key_ = peer;
  return last_ = found;
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

bool PeerTable::MayShare(const PeerKey& further) const {
  if (further_.empty()) return true;
  const auto [begin, end] = further_.equal_range(further);
  return static_cast<size_t>(std::distance(begin, end)) < kMostSharers;
}

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
