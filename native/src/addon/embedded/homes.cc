// The addresses of a socket: one carrier, that is one UDP socket, for each. All have the same UDP port, because a peer is told addresses without ports.
#include <algorithm>
#include <cerrno>

#include "../../io/descriptor_options.h"
#include "../../io/socket_address.h"
#include "stack.h"

namespace mailport::addon {

namespace {

// The kernel's buffers of a UDP socket, if it lets us have them. The receive buffer bounds the windows that are advertised.
constexpr size_t kReceiveBufferBytes = 2 * 1024 * 1024;
constexpr size_t kSendBufferBytes = 2 * 1024 * 1024;
// A port that is free at one address may be taken at another.
constexpr int kPortsTried = 32;

// A socket of several addresses has one of each family. With one address, IPv4 goes over the IPv6 socket that was asked for.
io::UdpParams UdpParamsFor(const sctp::IpAddress& address, uint8_t family, bool ipv6_only, bool several) {
  io::UdpParams udp;
  udp.address = address;
  udp.family = several ? address.family : family;
  udp.ipv6_only = udp.family == 6 && (ipv6_only || (several && !address.IsAny()));
  udp.receive_bytes = kReceiveBufferBytes;
  udp.send_bytes = kSendBufferBytes;
  return udp;
}

io::Carrier* FindHome(const OpenSocket& open, const sctp::IpAddress& address) {
  for (io::Carrier* carrier : open.carriers)
    if (carrier->address() == address) return carrier;
  return nullptr;
}

// An address that comes later is marked as the others are.
void CopyPacketOptions(const io::UdpSocket& from, const io::UdpSocket& to) {
  using sctp::Option;
  for (const Option option : {Option::kPriority, Option::kTos, Option::kTclass, Option::kTtl, Option::kDontRoute}) {
    std::vector<uint32_t> values;
    if (io::GetDescriptorOption(from.fd(), from.family(), option, &values) == 0) io::SetDescriptorOption(to.fd(), to.family(), option, values);
  }
}

}  // namespace

void EmbeddedStack::DropCarriers(const std::vector<io::Carrier*>& carriers) {
  for (const io::Carrier* carrier : carriers) host_->DropCarrier(*carrier);
}

int EmbeddedStack::AcquireCarriers(const OpenRequest& request, std::vector<io::Carrier*>* carriers) {
  if (!request.carriers.empty()) return FindDatagramCarriers(request, carriers);
  const bool shared = request.encaps_port != 0;
  const bool several = request.addresses.size() > 1 || (request.over_ip && request.family == 6);
  std::vector<sctp::IpAddress> addresses = request.addresses;
  if (addresses.empty()) addresses.push_back(io::AnyAddress(request.family));
  int error = 0;
  for (int tried = 0; tried < kPortsTried; tried++) {
    carriers->clear();
    error = 0;
    // The kernel picks a port of UDP. Of IP itself it has none to give.
    const uint16_t first_port = request.over_ip && request.port == 0 ? DynamicPort() : request.port;
    for (const sctp::IpAddress& address : addresses) {
      io::UdpParams udp = UdpParamsFor(address, request.family, request.ipv6_only, several);
      udp.receive_bytes = std::max<size_t>(udp.receive_bytes, request.recbuf);
      udp.port = shared ? request.encaps_port : carriers->empty() ? first_port : carriers->front()->port();
      // A raw socket of IPv6 has nothing to do with IPv4.
      if (request.over_ip && udp.family == 6) udp.ipv6_only = true;
      udp.device = request.device;
      udp.network_namespace = request.network_namespace;
      io::UdpCarrier* carrier = nullptr;
      error = host_->AcquireCarrier(udp, shared, request.over_ip, &carrier);
      if (error == 0 && std::find(carriers->begin(), carriers->end(), carrier) != carriers->end()) error = EINVAL;  // The address stands there twice.
      if (error != 0) break;
      carriers->push_back(carrier);
    }
    if (error == 0) return 0;
    const bool may_try_again = error == EADDRINUSE && request.port == 0 && !shared && (request.over_ip || !carriers->empty());
    DropCarriers(*carriers);
    if (!may_try_again) break;
  }
  return error;
}

// As Linux answers without RFC 5061: associations that are there keep to the addresses that they began with, and their peers are not told.
int EmbeddedStack::Bindx(sctp::SocketId socket, const std::vector<sctp::IpAddress>& addresses, bool add) {
  OpenSocket* open = Find(socket);
  if (open == nullptr) return EBADF;
  if (open->beside || addresses.empty()) return EINVAL;
  if (open->carriers[0]->socket() == nullptr) return ENOTSUP;
  return add ? AddHomes(socket, open, addresses) : RemoveHomes(socket, open, addresses);
}

int EmbeddedStack::AddHomes(sctp::SocketId socket, OpenSocket* open, const std::vector<sctp::IpAddress>& addresses) {
  const io::Carrier& first = *open->carriers[0];
  for (auto address = addresses.begin(); address != addresses.end(); ++address) {
    if (address->family == 6 && open->family == 4) return EAFNOSUPPORT;
    // A socket that is bound to the any address has all others.
    if (address->IsAny() || first.address().IsAny() || FindHome(*open, *address) != nullptr) return EINVAL;
    if (std::find(addresses.begin(), address, *address) != address) return EINVAL;
  }
  std::vector<io::Carrier*> added;
  int error = 0;
  for (const sctp::IpAddress& address : addresses) {
    io::UdpParams udp = UdpParamsFor(address, address.family, true, true);
    udp.port = first.port();
    udp.network_namespace = first.network_namespace();
    io::UdpCarrier* carrier = nullptr;
    error = host_->AcquireCarrier(udp, first.shared(), first.socket()->over_ip() != nullptr, &carrier);
    if (error != 0) break;
    added.push_back(carrier);
    CopyPacketOptions(*first.socket(), *carrier->socket());
    error = host_->EngineForCall().AddCarrier(socket, carrier->id());
    if (error != 0) break;
  }
  if (error != 0) {
    for (const io::Carrier* carrier : added) host_->EngineForCall().RemoveCarrier(socket, carrier->id());
    DropCarriers(added);
    return error;
  }
  for (io::Carrier* carrier : added) {
    host_->UseCarrier(*carrier, false);
    open->carriers.push_back(carrier);
  }
  return 0;
}

int EmbeddedStack::RemoveHomes(sctp::SocketId socket, OpenSocket* open, const std::vector<sctp::IpAddress>& addresses) {
  if (open->carriers.size() == 1) return EBUSY;
  std::vector<io::Carrier*> removed;
  for (const sctp::IpAddress& address : addresses) {
    io::Carrier* carrier = FindHome(*open, address);
    if (carrier == nullptr || std::find(removed.begin(), removed.end(), carrier) != removed.end()) return EINVAL;
    removed.push_back(carrier);
  }
  if (removed.size() == open->carriers.size()) return EBUSY;
  for (io::Carrier* carrier : removed) {
    host_->EngineForCall().RemoveCarrier(socket, carrier->id());
    std::erase(open->carriers, carrier);
    host_->ReleaseCarrier(*carrier, false);
  }
  return 0;
}

int EmbeddedStack::SockName(sctp::SocketId socket, BoundName* name) {
  const OpenSocket* open = Find(socket);
  if (open == nullptr) return EBADF;
  *name = {{}, open->port, open->carriers[0]->port()};
  for (const io::Carrier* carrier : open->carriers) name->addresses.push_back(carrier->address());
  return 0;
}

int EmbeddedStack::LocalNames(sctp::SocketId socket, sctp::AssocId assoc, std::vector<sctp::IpAddress>* addresses) {
  const OpenSocket* open = Find(socket);
  if (open == nullptr) return EBADF;
  if (const int error = host_->engine().LocalNames(socket, assoc, addresses); error != 0) return error;
  // Packets say where they came to only if the carrier is bound to any address, and only once one has come.
  if (addresses->empty()) addresses->push_back(open->carriers[0]->address());
  return 0;
}

}  // namespace mailport::addon
