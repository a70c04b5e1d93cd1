// The addresses of both ends of an association: which the peer is told and lists, the paths that come of it, and the names that the peer is found by (RFC 9260
// sections 5.1.2, 5.2.2, RFC 6951).
#include <algorithm>

#include "address_scope.h"
#include "association.h"
#include "endpoint.h"

namespace mailport::sctp {

namespace {

bool Lists(const ListedAddresses& listed, const IpAddress& address) {
  if (listed.lists_more) return true;
  return std::any_of(listed.addresses.begin(), listed.addresses.end(), [&](const IpAddress& other) { return SameHost(address, other); });
}

}  // namespace

bool Association::MayHave(const IpAddress& address) const {
  return SameHost(address, peer_.address) || Lists(listed(), address);
}

// The peer may send from any address it lists (it answers HEARTBEATs there, say).
void Association::KeepListed(const ListedAddresses& listed) {
  if (listed.lists_more || !listed.addresses.empty() || HasListed()) {
    ListedAddresses& kept = addresses_.Make().listed = listed;
    std::erase_if(kept.addresses, [&](const IpAddress& address) { return SameHost(address, peer_.address); });
  }
  if (HasListed()) endpoint.peers.AddTag(terms_.local_tag, *this);
}

void Association::KeepTold(std::vector<IpAddress> told) {
  if (!told.empty() || !this->told().empty()) addresses_.Make().told = std::move(told);
}

Path& Association::AddPath(const PacketRoute& route, bool confirmed) {
  const size_t bytes = confirmed ? core_.host.FirstPacketBytes(route.carrier, route.remote) : path().max_packet_bytes;
  Path& path = parts_->paths.Add(route, bytes, options->rto);
  path.options = options->path;
  path.confirmed = confirmed;
  return path;
}

// The UDP port is the one that the peer's packets come from, until one comes from that address (RFC 6951 section 5.4).
void Association::AddListedPaths(const PacketRoute& from) {
  for (IpAddress address : listed().addresses) {
    if (parts_->paths.size() > CookieKeys::kMaxOtherAddresses) break;
    if (parts_->paths.size() > 1 && core_.unconfirmed_paths + Unconfirmed() - unconfirmed_ >= Core::kMaxUnconfirmedPaths) break;
    if (!CanBeOfPeer(&address, from.remote) || parts_->paths.Find(address) != nullptr) continue;
    // An address that is another association's is that association's (section 5.1.2 D).
    if (endpoint.peers.Find({address, peer_.port}, from.remote_udp_port) != nullptr) continue;
    const PacketRoute route = endpoint.RouteTo(address, from.remote_udp_port);
    if (route.carrier == 0 || (address.family == 6 && offer_->family == 4)) continue;
    Path& path = AddPath(route, false);
    path.probes_left = Heartbeat::Budget(path);
  }
  CountUnconfirmed(Unconfirmed());
}

void Association::CountUnconfirmed(size_t count) {
  core_.unconfirmed_paths += count - unconfirmed_;
  unconfirmed_ = static_cast<uint8_t>(count);
}

size_t Association::Unconfirmed() const {
  size_t count = 0;
  parts_->paths.ForEach([&](const Path& path) { count += !path.confirmed; });
  return count;
}

std::vector<Association::KnownPath> Association::KnownPaths() const {
  std::vector<KnownPath> known;
  parts_->paths.ForEach([&](const Path& path) { known.push_back({path.route, path.options, path.confirmed, path.probes_left, path.error_count}); });
  return known;
}

// The association goes by its first path. Nothing may be on its way.
void Association::ReplacePaths(const std::vector<KnownPath>& known) {
  PathSet& paths = parts_->paths;
  paths.Clear();
  for (const KnownPath& each : known) {
    Path& path = AddPath(each.route, each.confirmed);
    path.options = each.options;
    path.probes_left = each.probes_left;
    path.error_count = each.error_count;
  }
  if (paths.Find(peer_.address) != &paths[0]) Rename(paths[0].route.remote);
  paths.SetPrimary(paths[0]);
  CountUnconfirmed(Unconfirmed());
}

void Association::Rename(const IpAddress& address) {
  endpoint.peers.Remove(*this);
  endpoint.peers.RemoveFurther(address, *this);
  if (parts_->paths.Find(peer_.address) != nullptr) endpoint.peers.AddFurther(peer_.address, *this);
  peer_.address = address;
  endpoint.peers.Add(*this);
}

void Association::DropUnlisted(const IpAddress& source, const ListedAddresses& listed) {
  if (parts_->paths.size() == 1) return;
  std::vector<KnownPath> kept;
  for (const KnownPath& known : KnownPaths()) {
    const IpAddress& address = known.route.remote;
    if (address == source || Lists(listed, address)) {
      kept.push_back(known);
    } else {
      endpoint.peers.RemoveFurther(address, *this);
    }
  }
  if (!kept.empty() && kept.size() != parts_->paths.size()) ReplacePaths(kept);
}

// The address that the peer came by is the primary one now. Those that were confirmed before and are listed again stay so; for the others as many HEARTBEATs are
// left as before, or whoever restarts again and again could have us send any number.
void Association::RestorePaths(const std::vector<KnownPath>& known, const CookieState& cookie) {
  std::vector<KnownPath> kept;
  for (KnownPath each : known) {
    const IpAddress& address = each.route.remote;
    each.error_count = 0;
    if (address == cookie.peer_address) {
      each.confirmed = true;
      kept.insert(kept.begin(), each);
    } else if (Lists(cookie.listed, address)) {
      kept.push_back(each);
    } else if (address != peer_.address) {
      endpoint.peers.RemoveFurther(address, *this);
    }
  }
  if (!kept.empty()) ReplacePaths(kept);
  CountUnconfirmed(Unconfirmed());
}

void Association::LeavePeerTable() {
  CountUnconfirmed(0);
  endpoint.peers.Remove(*this);
  endpoint.peers.RemoveTag(terms_.local_tag, *this);
  parts_->paths.ForEach([&](const Path& path) { endpoint.peers.RemoveFurther(path.route.remote, *this); });
}

uint16_t Association::UdpPortAt(const IpAddress& address) const {
  const Path* path = parts_->paths.Find(address);
  return (path == nullptr ? this->path() : *path).route.remote_udp_port;
}

uint8_t Association::NumberOf(const IpAddress& address) const {
  const Path* path = parts_->paths.size() == 1 ? nullptr : parts_->paths.Find(address);
  return path == nullptr ? this->path().index : path->index;
}

PeerKey Association::PeerAt(uint8_t number) const {
  const PathSet& paths = parts_->paths;
  return {paths.Has(number) ? paths[number].route.remote : path().route.remote, peer_.port};
}

void Association::LocalNames(std::vector<IpAddress>* addresses) const {
  *addresses = told();
  if (!told().empty()) return;
  if (path().route.local.family != 0) {
    addresses->push_back(path().route.local);
  } else if (core_.host.AddressesOf(path().route.carrier, addresses)) {
    addresses->clear();
  }
}

// The peer's UDP port is the one its packets come from (RFC 6951 section 5.4), and the address they come to is ours. With several addresses of ours each path
// keeps to its own, as long as that works: the peer may send to any of them.
void Association::LearnRoute(const PacketRoute& from) {
  Path* const path = parts_->paths.Find(from.remote);
  if (path == nullptr) return;
  PacketRoute& route = path->route;
  const bool is_known = route.local.family != 0 || route.carrier != from.carrier;
  const bool differs = route.local != from.local || route.carrier != from.carrier;
  if (!is_known || (differs && (told().empty() || path->error_count != 0))) {
    // Packets leave from another of our addresses from now on, perhaps another way (section 7.2.5.2).
    route.local = from.local;
    route.carrier = from.carrier;
    if (is_known) {
      path->BeginAnew();
      path->mtu.BeginAnew();
      SizePackets(*path);
    }
  }
  if (from.remote_udp_port == route.remote_udp_port || endpoint.peers.Find({from.remote, peer_.port}, from.remote_udp_port) != nullptr) return;
  route.remote_udp_port = from.remote_udp_port;
}

}  // namespace mailport::sctp
