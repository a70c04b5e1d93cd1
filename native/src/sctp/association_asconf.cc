// Changes of addresses while an association is there (RFC 5061 section 5.3): what a peer's requests do to the paths, and what becomes of our own addresses.
#include <algorithm>
#include <array>
#include <cerrno>

#include "address_scope.h"
#include "association.h"
#include "endpoint.h"
#include "strangers.h"

namespace mailport::sctp {

namespace {

// Of one host, and no address of another kind in disguise (RFC 9260 section 3.3.2.1.2).
bool IsOfOneHost(const IpAddress& address) {
  static constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  PacketRoute route;
  route.remote = address;
  return Strangers::IsUnicast(route) && !(address.family == 6 && std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes.begin()));
}

bool Contains(const std::vector<IpAddress>& addresses, const IpAddress& address) {
  return std::any_of(addresses.begin(), addresses.end(), [&](const IpAddress& other) { return SameHost(address, other); });
}

}  // namespace

// The table of tags finds the association when its peer speaks from a new address.
void Association::BeginAsconf() {
  parts_->asconf.reset();
  if (!terms_.capabilities.asconf || auth_ == nullptr) return;
  parts_->asconf.reset(new Asconf(*this, *this, parts_->paths, core_.timers, terms_.local_initial_tsn, terms_.peer_initial_tsn));
  endpoint.peers.AddTag(terms_.local_tag, *this);
}

// An end with which ASCONF was not agreed on is told that we do not know it.
bool Association::OnAsconf(const PacketRoute& from, const Chunk& chunk) {
  if (parts_->asconf == nullptr) return OnUnknownChunk(chunk);
  return !IsSettingUp() && state_ != TcbState::kShutdownAckSent && !AbortFollows() && parts_->asconf->OnAsconf(from, chunk);
}

bool Association::OnAsconfAck(const PacketRoute&, const Chunk& chunk) {
  if (parts_->asconf == nullptr) return OnUnknownChunk(chunk);
  return !IsSettingUp() && parts_->asconf->OnAck(chunk);
}

bool Association::MayComeWithAsconf(const PacketRoute& from, uint16_t port, const Chunk& second) const {
  if (parts_->asconf == nullptr || peer_.port != port || second.bytes.size() < kAsconfHeaderBytes) return false;
  size_t bytes = 0;
  const std::optional<IpAddress> named = ParseAddressParam(second.bytes.subspan(kAsconfHeaderBytes), &bytes);
  return named && (named->IsAny() || SameHost(*named, from.remote) || parts_->paths.Find(*named) != nullptr);
}

// --- The peer's addresses

// A new address gets nothing but HEARTBEATs until it has answered (section 5.3, RFC 9260 section 5.4).
Cause Association::AddPeerAddress(const IpAddress& wanted, const PacketRoute& from) {
  IpAddress address = wanted;
  const bool is_source = SameHost(address, from.remote);
  if (is_source) address = from.remote;
  if (!IsOfOneHost(address) || (!is_source && !CanBeOfPeer(&address, from.remote))) return kCauseUnresolvableAddress;
  if (parts_->paths.Find(address) != nullptr) return kCauseNone;
  const uint16_t udp_port = is_source ? from.remote_udp_port : path().route.remote_udp_port;
  if (endpoint.peers.Find({address, peer_.port}, udp_port) != nullptr) return kCauseNoAuthorization;
  if (parts_->paths.size() > CookieKeys::kMaxOtherAddresses || core_.unconfirmed_paths >= Core::kMaxUnconfirmedPaths) return kCauseResourceShortage;
  const PacketRoute route = is_source ? from : endpoint.RouteTo(address, udp_port);
  if (route.carrier == 0 || (address.family == 6 && offer_->family == 4)) return kCauseResourceShortage;
  Path& path = AddPath(route, false);
  path.probes_left = Heartbeat::Budget(path);
  addresses_.Make().listed.addresses.push_back(address);
  CountUnconfirmed(Unconfirmed());
  events_.AddressChange(address, PeerAddrState::kAdded, 0);
  parts_->heartbeat.Probe();
  return kCauseNone;
}

// One that is not there is deleted already: the peer may ask twice. Data must not go to an address that has not answered, so one that has must be left. If one may
// answer soon, the peer is to ask again.
Cause Association::DeletePeerAddress(const IpAddress& wanted, const PacketRoute& from) {
  Path* gone = nullptr;
  bool confirmed_left = false, confirmed_soon = false;
  parts_->paths.ForEach([&](Path& path) {
    if (SameHost(path.route.remote, wanted)) {
      gone = &path;
    } else {
      confirmed_left |= path.confirmed;
      confirmed_soon |= Heartbeat::IsBeingConfirmed(path);
    }
  });
  if (gone == nullptr) return kCauseNone;
  if (parts_->paths.size() == 1) return kCauseDeleteLastAddress;
  if (SameHost(wanted, from.remote)) return kCauseDeleteSourceAddress;
  if (!confirmed_left) return confirmed_soon ? Asconf::kCauseLater : kCauseDeleteLastAddress;
  RemovePath(*gone);
  return kCauseNone;
}

Cause Association::DeleteOtherPeerAddresses(const PacketRoute& from) {
  const Path* const kept = parts_->paths.Find(from.remote);
  if (kept == nullptr) return kCauseNoAuthorization;
  if (!kept->confirmed) return Heartbeat::IsBeingConfirmed(*kept) ? Asconf::kCauseLater : kCauseDeleteLastAddress;
  std::vector<Path*> gone;
  parts_->paths.ForEach([&](Path& path) {
    if (&path != kept) gone.push_back(&path);
  });
  for (Path* const path : gone) RemovePath(*path);
  return kCauseNone;
}

Cause Association::PreferPeerAddress(const IpAddress& address) {
  Path* preferred = nullptr;
  parts_->paths.ForEach([&](Path& path) {
    if (SameHost(path.route.remote, address)) preferred = &path;
  });
  if (preferred == nullptr) return kCauseUnresolvableAddress;
  SetPrimary(*preferred);
  return kCauseNone;
}

// What is on its way there counts as lost, and goes another way.
void Association::RemovePath(Path& path) {
  PathSet& paths = parts_->paths;
  const uint8_t index = path.index;
  const IpAddress address = path.route.remote;
  parts_->outbound.MarkAllLost(paths, path);
  paths.Remove(path);
  parts_->outbound.MovePath(index, paths.Next().index);
  if (came_by_ == index) came_by_ = paths.Next().index;
  if (HasListed()) std::erase_if(addresses_.Make().listed.addresses, [&](const IpAddress& other) { return SameHost(address, other); });
  if (peer_.address == address) {
    Rename(paths.Next().route.remote);
  } else {
    endpoint.peers.RemoveFurther(address, *this);
  }
  CountUnconfirmed(Unconfirmed());
  events_.AddressChange(address, PeerAddrState::kRemoved, 0);
  WantTransmit();
}

void Association::SendAsconfAck(const PacketRoute& from, Bytes value) {
  if (kChunkHeaderBytes + value.size() > answer_room_) return;
  answer_room_ -= Padded(kChunkHeaderBytes + value.size());
  PacketBuilder packet = NewAnswer(from);
  AddOwedCookieAck(packet, from);
  packet.AddChunk(kChunkAsconfAck, 0, value);
  ++counters_.control_chunks_out;
  SendPacket(packet);
}

// --- Our addresses

IpAddress Association::KnownAddress() const {
  std::vector<IpAddress> known;
  LocalNames(&known);
  const uint8_t family = path().route.remote.family;
  for (const IpAddress& address : known)
    if (address.family == family) return address;
  IpAddress any;
  any.family = family;
  return any;
}

void Association::TellHome(CarrierId carrier, bool has_come) {
  if (parts_->asconf == nullptr) return;
  std::vector<IpAddress> own;
  if (core_.host.AddressesOf(carrier, &own)) return;
  // What the peer knows so far: from now on a packet that comes to another address does not make that one ours to send from (LearnRoute).
  if (told().empty()) LocalNames(&addresses_.Make().told);
  for (const IpAddress& address : own) {
    if (!has_come) parts_->asconf->Delete(address);
    else if (CanBeToldTo(address, path().route.remote) && (!Contains(told(), address) || parts_->asconf->IsToDelete(address))) parts_->asconf->Add(address);
  }
}

void Association::OnAddressTold(const IpAddress& address) {
  if (!Contains(told(), address) && told().size() < CookieKeys::kMaxOtherAddresses) addresses_.Make().told.push_back(address);
}

bool Association::LeaveAddress(const IpAddress& address) {
  const bool is_told = Contains(told(), address);
  if (is_told && told().size() == 1) return false;
  if (is_told) std::erase_if(addresses_.Make().told, [&](const IpAddress& other) { return SameHost(address, other); });
  LeaveLostHomes();
  return is_told;
}

void Association::LeaveLostHomes() {
  std::vector<CarrierId> usable;
  std::vector<IpAddress> own;
  for (const CarrierId home : endpoint.homes()) {
    own.clear();
    core_.host.AddressesOf(home, &own);
    if (std::any_of(own.begin(), own.end(), [&](const IpAddress& address) { return Contains(told(), address); })) usable.push_back(home);
  }
  parts_->paths.ForEach([&](Path& path) {
    if (std::find(usable.begin(), usable.end(), path.route.carrier) != usable.end()) return;
    const CarrierId carrier = core_.host.CarrierTo(usable, path.route.remote);
    if (carrier == 0) return;
    path.route.carrier = carrier;
    path.mtu.BeginAnew();
    SizePackets(path);
    path.route.local = {};
    path.BeginAnew();
  });
}

bool Association::CameToLostHome(const PacketRoute& from) const { return ChangesAddresses() && !endpoint.IsHome(from.carrier); }

int Association::SetPeerPrimary(const IpAddress& address) {
  if (parts_->asconf == nullptr) return EPERM;
  if (state_ != TcbState::kEstablished) return ENOTCONN;
  std::vector<IpAddress> known;
  LocalNames(&known);
  if (!Contains(known, address)) return EADDRNOTAVAIL;
  parts_->asconf->SetPeerPrimary(address);
  return 0;
}

}  // namespace mailport::sctp
