#include "host_addresses.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>

#include "network_namespace.h"
#include "socket_address.h"
#include "unique_fd.h"

namespace mailport::io {

namespace {

constexpr sctp::TimeUs kAnswerLifetimeUs = 1'000'000;
constexpr uint16_t kDiscardPort = 9;  // Any port will do: nothing is sent.

std::vector<sctp::IpAddress> AskKernel(const std::string& network_namespace) {
  std::vector<sctp::IpAddress> addresses;
  NetworkNamespaceVisit visit;
  if (visit.Enter(network_namespace) != 0) return addresses;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return addresses;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, &freeifaddrs);
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0) continue;
    const int family = each->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    sockaddr_storage storage{};
    std::memcpy(&storage, each->ifa_addr, family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    sctp::IpAddress address;
    uint16_t port = 0;
    if (FromSockaddr(storage, &address, &port)) addresses.push_back(address);
  }
  return addresses;
}

}  // namespace

const std::vector<sctp::IpAddress>& HostAddresses::All(sctp::TimeUs now) {
  if (!asked_ || now - asked_at_ >= kAnswerLifetimeUs) {
    addresses_ = AskKernel(network_namespace_);
    asked_at_ = now;
    asked_ = true;
  }
  return addresses_;
}

sctp::IpAddress SourceTo(const sctp::IpAddress& remote, const std::string& network_namespace) {
  NetworkNamespaceVisit visit;
  if (visit.Enter(network_namespace) != 0) return {};
  const UniqueFd fd(socket(remote.family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0));
  sockaddr_storage storage{};
  socklen_t length = ToSockaddr(remote, kDiscardPort, remote.family, &storage);
  if (!fd.valid() || length == 0 || connect(fd.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) return {};
  length = sizeof(storage);
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
  sctp::IpAddress address;
  uint16_t port = 0;
  return FromSockaddr(storage, &address, &port) ? address : sctp::IpAddress{};
}

}  // namespace mailport::io
