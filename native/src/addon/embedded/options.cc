// Options of the embedded stack. Options of packets belong to the UDP socket; the engine has the others. An association has one path, so an option of a
// path is an option of its association.
#include <cerrno>

#include "../../io/descriptor_options.h"
#include "stack.h"

namespace mailport::addon {

namespace {

using sctp::Option;

// Options that can be set and read, and change nothing: no item tells how its packet was marked (MS-8), and the port of a closed socket may be opened
// again at once in any case.
bool IsKept(Option option) {
  return option == Option::kReuseAddr || option == Option::kRecvTos || option == Option::kRecvTclass || option == Option::kRecvTtl;
}

bool HasFamily(Option option, uint8_t family) { return option != Option::kRecvTclass || family == 6; }

}  // namespace

// A socket that was peeled off or accepted uses the UDP socket of another, and a shared port has one UDP socket for all. There an option cannot be set
// for one socket alone.
int EmbeddedStack::SetCarrierOption(const OpenSocket& open, Option option, const std::vector<uint32_t>& values) {
  const io::UdpSocket& udp = open.carrier->socket();
  if (option == Option::kIpv6Only) return EINVAL;
  if (!open.beside && !open.carrier->shared()) return io::SetDescriptorOption(udp.fd(), udp.family(), option, values);
  std::vector<uint32_t> present;
  if (const int error = io::GetDescriptorOption(udp.fd(), udp.family(), option, &present); error != 0) return error;
  return present == values ? 0 : ENOTSUP;
}

// The association that an option is about; 0: the endpoint. EINVAL: no peer has the address, or the peer of another association has it.
int EmbeddedStack::FindKey(sctp::SocketId socket, const sctp::OptionKey& key, sctp::AssocId* assoc) {
  *assoc = key.assoc;
  if (!key.HasAddress()) return 0;
  const sctp::AssocId found = host_->engine().FindAssociation(socket, key.address, key.port);
  if (found == 0 || (key.assoc != 0 && key.assoc != found)) return EINVAL;
  *assoc = found;
  return 0;
}

int EmbeddedStack::SetOption(sctp::SocketId socket, Option option, const sctp::OptionKey& key, const std::vector<uint32_t>& values) {
  if (socket == 0 && sctp::IsOfAll(option)) return host_->EngineForCall().SetOption(0, option, 0, values);
  OpenSocket* open = Find(socket);
  if (open == nullptr) return EBADF;
  if (IsKept(option)) {
    if (values.size() != 1 || !HasFamily(option, open->carrier->socket().family())) return EINVAL;
    if (values[0] != 0)
      open->kept_options.insert(option);
    else
      open->kept_options.erase(option);
    return 0;
  }
  if (io::IsDescriptorOption(option)) return SetCarrierOption(*open, option, values);
  sctp::AssocId assoc = 0;
  if (option == Option::kPrimaryAddr && !key.HasAddress()) return EINVAL;
  // The key's address is one of ours here.
  if (option != Option::kSetPeerPrimary) {
    if (const int error = FindKey(socket, key, &assoc); error != 0) return error;
  }
  return host_->EngineForCall().SetOption(socket, option, assoc, values);
}

int EmbeddedStack::GetOption(sctp::SocketId socket, Option option, const sctp::OptionKey& key, std::vector<uint32_t>* values) {
  if (socket == 0) return host_->engine().GetOption(0, option, 0, values);
  const OpenSocket* open = Find(socket);
  if (open == nullptr) return EBADF;
  const io::UdpSocket& udp = open->carrier->socket();
  if (IsKept(option)) {
    if (!HasFamily(option, udp.family())) return EINVAL;
    *values = {open->kept_options.contains(option) ? 1u : 0u};
    return 0;
  }
  if (option == Option::kIpv6Only && udp.family() == 6) {
    // As it was opened: binding a UDP socket to an IPv6 address turns it on.
    *values = {udp.ipv6_only() ? 1u : 0u};
    return 0;
  }
  if (io::IsDescriptorOption(option)) return io::GetDescriptorOption(udp.fd(), udp.family(), option, values);
  sctp::AssocId assoc = 0;
  if (const int error = FindKey(socket, key, &assoc); error != 0) return error;
  return host_->engine().GetOption(socket, option, assoc, values);
}

}  // namespace mailport::addon
