#include "init_addresses.h"

#include <algorithm>

#include "association.h"
#include "peer_table.h"
#include "strangers.h"

namespace mailport::sctp {

ListedAddresses ListedIn(const InitChunk& init, const IpAddress& from, const IpAddress& peer) {
  ListedAddresses listed;
  listed.lists_more = init.has_more_addresses;
  const auto keep = [&](const IpAddress& address) {
    if (SameHost(address, peer)) return;
    if (listed.addresses.size() < CookieKeys::kMaxOtherAddresses) {
      listed.addresses.push_back(address);
    } else {
      listed.lists_more = true;
    }
  };
  for (const IpAddress& address : init.addresses) keep(address);
  if (std::none_of(init.addresses.begin(), init.addresses.end(), [&](const IpAddress& address) { return SameHost(address, from); })) keep(from);
  return listed;
}

Association* OwnerOf(const PeerTable& peers, const InitChunk& init, uint16_t port) {
  for (const IpAddress& address : init.addresses)
    if (Association* owner = peers.Any({address, port})) return owner;
  return nullptr;
}

std::vector<IpAddress> AddedTo(const Association& association, const InitChunk& init, const IpAddress& from) {
  std::vector<IpAddress> added;
  const auto look = [&](const IpAddress& address) {
    const auto is_it = [&](const IpAddress& other) { return SameHost(address, other); };
    if (!association.MayHave(address) && std::none_of(added.begin(), added.end(), is_it)) added.push_back(address);
  };
  look(from);
  for (const IpAddress& address : init.addresses) look(address);
  return added;
}

std::vector<uint8_t> AddressParams(const std::vector<IpAddress>& addresses) {
  std::vector<uint8_t> params;
  for (const IpAddress& address : addresses) {
    const size_t bytes = address.family == 4 ? 4 : 16;
    const size_t at = params.size();
    if (at + kParamHeaderBytes + bytes > Strangers::kMaxInfoBytes) break;
    params.resize(at + kParamHeaderBytes + bytes);
    Store16(&params[at], address.family == 4 ? kParamIpv4 : kParamIpv6);
    Store16(&params[at + 2], static_cast<uint32_t>(kParamHeaderBytes + bytes));
    std::copy_n(address.bytes.begin(), bytes, params.begin() + static_cast<ptrdiff_t>(at + kParamHeaderBytes));
  }
  return params;
}

}  // namespace mailport::sctp
