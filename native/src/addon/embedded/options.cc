// Options of the embedded stack. Options of packets belong to the UDP socket; the engine has the others.
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

// A socket that was peeled off or accepted uses the UDP sockets of another, and a shared port has one UDP socket for all. There an option cannot be set for one
// socket alone. With several addresses the first one's UDP socket has the say; an option of one family is set where there is that family.
int EmbeddedStack::SetCarrierOption(const OpenSocket& open, Option option, const std::vector<uint32_t>& values) {
  if (option == Option::kIpv6Only) return EINVAL;
  if (open.carriers[0]->socket() == nullptr) return ENOTSUP;
  const io::UdpSocket& first = *open.carriers[0]->socket();
  std::vector<uint32_t> present;
  if (const int error = io::GetDescriptorOption(first.fd(), first.family(), option, &present); error != 0) return error;
  if (open.beside || open.carriers[0]->shared()) return present == values ? 0 : ENOTSUP;
  if (const int error = io::SetDescriptorOption(first.fd(), first.family(), option, values); error != 0) return error;
  const bool is_marking = option == Option::kTos || option == Option::kTclass;
  for (const io::Carrier* carrier : open.carriers) {
    const io::UdpSocket& udp = *carrier->socket();
    if (udp.fd() != first.fd()) io::SetDescriptorOption(udp.fd(), udp.family(), option, values);
    if (is_marking && present != values) host_->EngineForCall().OnMarkingChanged(carrier->id());
  }
  return 0;
}

int EmbeddedStack::SetOption(sctp::SocketId socket, Option option, const sctp::OptionKey& key, const std::vector<uint32_t>& values) {
  if (socket == 0 && sctp::IsOfAll(option)) return host_->EngineForCall().SetOption(0, option, 0, values);
  OpenSocket* open = Find(socket);
  if (open == nullptr) return EBADF;
  if (IsKept(option)) {
    if (values.size() != 1 || !HasFamily(option, open->carriers[0]->family())) return EINVAL;
    if (values[0] != 0)
      open->kept_options.insert(option);
    else
      open->kept_options.erase(option);
    return 0;
  }
  if (option == Option::kBusyPoll) return open->busy_poll.Set(host_->busy_wait(), values);
  if (io::IsDescriptorOption(option)) return SetCarrierOption(*open, option, values);
  if (option == Option::kPrimaryAddr && !key.HasAddress()) return EINVAL;
  return host_->EngineForCall().SetOption(socket, option, key, values);
}

int EmbeddedStack::GetOption(sctp::SocketId socket, Option option, const sctp::OptionKey& key, std::vector<uint32_t>* values) {
  if (socket == 0) return host_->engine().GetOption(0, option, 0, values);
  const OpenSocket* open = Find(socket);
  if (open == nullptr) return EBADF;
  const io::Carrier& carrier = *open->carriers[0];
  if (IsKept(option)) {
    if (!HasFamily(option, carrier.family())) return EINVAL;
    *values = {open->kept_options.contains(option) ? 1u : 0u};
    return 0;
  }
  if (option == Option::kBusyPoll) {
    *values = {open->busy_poll.us()};
    return 0;
  }
  if (option == Option::kIpv6Only && carrier.family() == 6) {
    // As it was opened: binding a UDP socket to an IPv6 address turns it on.
    *values = {carrier.ipv6_only() ? 1u : 0u};
    return 0;
  }
  if (io::IsDescriptorOption(option)) {
    return carrier.socket() == nullptr ? ENOTSUP : io::GetDescriptorOption(carrier.socket()->fd(), carrier.family(), option, values);
  }
  return host_->engine().GetOption(socket, option, key, values);
}

}  // namespace mailport::addon
