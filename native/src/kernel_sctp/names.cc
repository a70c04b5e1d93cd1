// Own and peers' addresses, look-ups of associations, and what the buffers hold.
#include "socket.h"

#if defined(__linux__)

#include <linux/sctp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "option_calls.h"
#include "packed_addresses.h"

namespace mailport::kernel_sctp {

namespace {

// More addresses than an association can have.
constexpr size_t kMaxAddresses = 512;
constexpr size_t kAddrsHeaderBytes = offsetof(sctp_getaddrs, addrs);
// SO_MEMINFO of asm-generic/socket.h, and words of its answer (linux/sock_diag.h); Linux 4.12.
constexpr int kMemInfo = 55;
constexpr size_t kMemInfoWords = 9;
constexpr size_t kReceiveAllocated = 0;
constexpr size_t kWriteAllocated = 2;
constexpr size_t kSendBuffer = 3;
constexpr size_t kWriteQueued = 5;

using MemInfo = std::array<uint32_t, kMemInfoWords>;

// Zeros if the kernel does not say.
MemInfo ReadMemInfo(int fd) {
  MemInfo words{};
  socklen_t length = sizeof(words);
  if (getsockopt(fd, SOL_SOCKET, kMemInfo, words.data(), &length) != 0) words.fill(0);
  return words;
}

// SCTP_GET_PEER_ADDRS or SCTP_GET_LOCAL_ADDRS of an association, or of the endpoint.
int GetAddresses(int fd, int name, sctp::AssocId assoc, std::vector<PackedAddress>* addresses) {
  std::vector<uint8_t> buffer(kAddrsHeaderBytes + kMaxAddresses * sizeof(sockaddr_in6));
  sctp_getaddrs header{};
  header.assoc_id = static_cast<sctp_assoc_t>(assoc);
  std::memcpy(buffer.data(), &header, kAddrsHeaderBytes);
  auto length = static_cast<socklen_t>(buffer.size());
  if (getsockopt(fd, IPPROTO_SCTP, name, buffer.data(), &length) != 0) return errno;
  if (length < kAddrsHeaderBytes) return EPROTO;
  std::memcpy(&header, buffer.data(), kAddrsHeaderBytes);
  // Kernels differ in whether the length counts the header. Bytes that were not written are zero, and end the list.
  *addresses = UnpackSockaddrs(sctp::Bytes(buffer).subspan(kAddrsHeaderBytes), std::min<size_t>(header.addr_num, kMaxAddresses));
  return 0;
}

}  // namespace

int Socket::SockName(std::vector<sctp::IpAddress>* addresses, uint16_t* port) const {
  if (!fd_.valid()) return EINVAL;
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  if (getsockname(fd(), reinterpret_cast<sockaddr*>(&storage), &length) != 0) return errno;
  sctp::IpAddress named;
  if (!io::FromSockaddr(storage, &named, port)) return EPROTO;
  std::vector<PackedAddress> all;
  // For a socket bound to the any address, the kernel lists every address of the machine; and it names such an IPv6 socket by the address that its last
  // association was made to.
  if (bound_to_any_) named = io::AnyAddress(family_);
  if (named.IsAny() || GetAddresses(fd(), SCTP_GET_LOCAL_ADDRS, 0, &all) != 0 || all.empty()) {
    *addresses = {named};
    return 0;
  }
  addresses->clear();
  for (const PackedAddress& one : all) addresses->push_back(one.address);
  return 0;
}

int Socket::LocalNames(sctp::AssocId assoc, std::vector<sctp::IpAddress>* addresses) const {
  addresses->clear();
  if (one_to_one_) {
    std::vector<sctp::AssocId> ids;
    if (const int error = AssociationIds(&ids); error != 0) return error;
    if (ids.empty()) return EINVAL;
    assoc = ids.front();
  } else if (!IsOptionKey(assoc)) {
    return EINVAL;
  }
  std::vector<PackedAddress> all;
  if (const int error = GetAddresses(fd(), SCTP_GET_LOCAL_ADDRS, assoc, &all); error != 0) return error;
  for (const PackedAddress& one : all) addresses->push_back(one.address);
  return 0;
}

int Socket::AssociationIds(std::vector<sctp::AssocId>* ids) const {
  ids->clear();
  if (one_to_one_) {
    sctp_status status{};
    if (GetSctp(fd(), SCTP_STATUS, &status) == 0) ids->push_back(static_cast<sctp::AssocId>(status.sstat_assoc_id));
    return 0;
  }
  uint32_t count = 0;
  if (const int error = GetSctp(fd(), SCTP_GET_ASSOC_NUMBER, &count); error != 0) return error;
  std::vector<uint32_t> words(1 + size_t{count});
  auto length = static_cast<socklen_t>(words.size() * sizeof(uint32_t));
  if (getsockopt(fd(), IPPROTO_SCTP, SCTP_GET_ASSOC_ID_LIST, words.data(), &length) != 0) return errno;
  const size_t listed = std::min<size_t>(words[0], count);
  ids->assign(words.begin() + 1, words.begin() + 1 + static_cast<ptrdiff_t>(listed));
  return 0;
}

int Socket::PeerNamesOf(sctp::AssocId assoc, std::vector<sctp::PeerName>* names) const {
  std::vector<PackedAddress> addresses;
  if (const int error = GetAddresses(fd(), SCTP_GET_PEER_ADDRS, assoc, &addresses); error != 0) return error;
  for (const PackedAddress& one : addresses) names->push_back({assoc, one.address, one.port});
  return 0;
}

int Socket::PeerNames(sctp::AssocId assoc, std::vector<sctp::PeerName>* names) const {
  names->clear();
  if (assoc != 0 && !one_to_one_) return IsOptionKey(assoc) ? PeerNamesOf(assoc, names) : EINVAL;
  std::vector<sctp::AssocId> ids;
  if (const int error = AssociationIds(&ids); error != 0) return error;
  // An association that has ended in the meantime is left out.
  for (const sctp::AssocId id : ids) (void)PeerNamesOf(id, names);
  return 0;
}

sctp::AssocId Socket::FindAssociation(const sctp::IpAddress& peer, uint16_t port) const {
  if (!CanReach(peer)) return 0;
  sctp_paddrinfo info{};
  sockaddr_storage storage{};
  if (ToSctpSockaddr(peer, port, &storage) == 0) return 0;
  std::memcpy(&info.spinfo_address, &storage, sizeof(storage));
  if (GetSctp(fd(), SCTP_GET_PEER_ADDR_INFO, &info) != 0) return 0;
  return static_cast<sctp::AssocId>(info.spinfo_assoc_id);
}

bool Socket::HasAssociation(sctp::AssocId assoc) const {
  sctp_status status{};
  status.sstat_assoc_id = Key(assoc);
  return GetSctp(fd(), SCTP_STATUS, &status) == 0;
}

void Socket::QueuedBytes(size_t* in, size_t* out) const {
  const MemInfo words = ReadMemInfo(fd());
  *in = words[kReceiveAllocated];
  *out = words[kWriteQueued];
}

size_t Socket::BufferBytes() const { return ReadMemInfo(fd())[kSendBuffer]; }

bool Socket::IsShared() const {
  uint32_t count = 0;
  return listening_ || GetSctp(fd(), SCTP_GET_ASSOC_NUMBER, &count) != 0 || count > 1;
}

size_t Socket::QueuedBytes() const { return ReadMemInfo(fd())[kWriteQueued]; }

bool Socket::IsDry(sctp::AssocId assoc) const {
  sctp_status status{};
  status.sstat_assoc_id = Key(assoc);
  return GetSctp(fd(), SCTP_STATUS, &status) != 0 || status.sstat_unackdata == 0;
}

SendBuffer Socket::ReadSendBuffer() const {
  const MemInfo words = ReadMemInfo(fd());
  // Kernels differ in which of the two they compare with the size of the buffer.
  const uint32_t used = std::max(words[kWriteAllocated], words[kWriteQueued]);
  return {words[kSendBuffer], words[kSendBuffer] > used ? words[kSendBuffer] - used : 0};
}

}  // namespace mailport::kernel_sctp

#endif
