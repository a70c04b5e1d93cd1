#include "peer_options.h"

#if defined(__linux__)

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "../sctp/packet/wire.h"
#include "option_calls.h"

namespace mailport::kernel_sctp {

namespace {

using sctp::Option;
using sctp::OptionKey;
using Words = std::span<const uint32_t>;

constexpr size_t kPeerAddrParamsWords = 5;

// The state as the contract numbers it. A path that is not known to be bad counts as active.
uint32_t PathState(int state) {
  constexpr uint32_t kInactive = 0, kActive = 1, kUnconfirmed = 2;
  if (state == SCTP_INACTIVE) return kInactive;
  return state == SCTP_UNCONFIRMED ? kUnconfirmed : kActive;
}

void PushPath(const sctp_paddrinfo& info, std::vector<uint32_t>* values) {
  values->insert(values->end(), {PathState(info.spinfo_state), info.spinfo_cwnd, info.spinfo_srtt, info.spinfo_rto, info.spinfo_mtu});
  sockaddr_storage storage;
  std::memcpy(&storage, &info.spinfo_address, sizeof(storage));
  PushAddress(storage, values);
  values->push_back(static_cast<uint32_t>(info.spinfo_assoc_id));
}

// The kernel's structures with an address are packed, so the address is copied in and out.
void PutAddress(const OptionKey& key, void* structure, size_t offset) {
  const sockaddr_storage storage = KeyAddress(key);
  std::memcpy(static_cast<uint8_t*>(structure) + offset, &storage, sizeof(storage));
}

int SetParams(int fd, const OptionKey& key, Words values) {
  if (values.size() != kPeerAddrParamsWords || values[1] > UINT16_MAX || (values[4] & ~kPeerAddrFlags) != 0) return EINVAL;
  sctp_paddrparams params{};
  params.spp_assoc_id = Key(key.assoc);
  PutAddress(key, &params, offsetof(sctp_paddrparams, spp_address));
  params.spp_hbinterval = values[0];
  params.spp_pathmaxrxt = static_cast<uint16_t>(values[1]);
  params.spp_pathmtu = values[2];
  params.spp_sackdelay = values[3];
  params.spp_flags = values[4];
  return SetSctp(fd, SCTP_PEER_ADDR_PARAMS, params, kPeerAddrParamsBytes);
}

int GetParams(int fd, const OptionKey& key, std::vector<uint32_t>* values) {
  sctp_paddrparams params{};
  params.spp_assoc_id = Key(key.assoc);
  PutAddress(key, &params, offsetof(sctp_paddrparams, spp_address));
  if (const int error = GetSctp(fd, SCTP_PEER_ADDR_PARAMS, &params, kPeerAddrParamsBytes); error != 0) return error;
  // The endpoint only keeps a path MTU. It has no meaning as long as paths discover their own.
  const bool meant = key.assoc != 0 || key.HasAddress() || (params.spp_flags & SPP_PMTUD_DISABLE) != 0;
  *values = {params.spp_hbinterval, params.spp_pathmaxrxt, meant ? params.spp_pathmtu : 0, params.spp_sackdelay, params.spp_flags & kPeerAddrFlags};
  return 0;
}

int GetPrimary(int fd, const OptionKey& key, std::vector<uint32_t>* values) {
  sctp_prim primary{};
  primary.ssp_assoc_id = Key(key.assoc);
  if (const int error = GetSctp(fd, SCTP_PRIMARY_ADDR, &primary); error != 0) return error;
  sockaddr_storage storage;
  std::memcpy(&storage, &primary.ssp_addr, sizeof(storage));
  PushAddress(storage, values);
  return 0;
}

// `path`: only the way to the primary address.
int GetStatus(int fd, const OptionKey& key, bool path, std::vector<uint32_t>* values) {
  sctp_status status{};
  status.sstat_assoc_id = Key(key.assoc);
  if (const int error = GetSctp(fd, SCTP_STATUS, &status); error != 0) return error;
  // States are numbered alike.
  if (!path) {
    *values = {static_cast<uint32_t>(status.sstat_state), status.sstat_rwnd,     status.sstat_unackdata,          status.sstat_penddata,
               status.sstat_instrms,                      status.sstat_outstrms, status.sstat_fragmentation_point};
  }
  sctp_paddrinfo primary;
  std::memcpy(&primary, &status.sstat_primary, sizeof(primary));
  primary.spinfo_assoc_id = status.sstat_assoc_id;
  PushPath(primary, values);
  return 0;
}

// The path with the key's address or, if the key has none, the association's primary path.
int GetPath(int fd, const OptionKey& key, std::vector<uint32_t>* values) {
  if (!key.HasAddress()) return GetStatus(fd, key, true, values);
  // If no association has the id, the kernel looks at the address alone.
  std::vector<uint32_t> status;
  if (key.assoc != 0 && GetStatus(fd, key, false, &status) != 0) return EINVAL;
  sctp_paddrinfo info{};
  info.spinfo_assoc_id = Key(key.assoc);
  PutAddress(key, &info, offsetof(sctp_paddrinfo, spinfo_address));
  if (const int error = GetSctp(fd, SCTP_GET_PEER_ADDR_INFO, &info); error != 0) return error;
  PushPath(info, values);
  return 0;
}

int SetEncapsPort(int fd, const OptionKey& key, Words values) {
  if (values.size() != 1 || values[0] > UINT16_MAX) return EINVAL;
  UdpEncaps encaps{};
  encaps.assoc_id = Key(key.assoc);
  encaps.address = KeyAddress(key);
  encaps.port = htons(static_cast<uint16_t>(values[0]));
  return Missing(SetSctp(fd, kRemoteUdpEncapsPort, encaps));
}

int GetEncapsPort(int fd, const OptionKey& key, std::vector<uint32_t>* values) {
  UdpEncaps encaps{};
  encaps.assoc_id = Key(key.assoc);
  encaps.address = KeyAddress(key);
  if (const int error = GetSctp(fd, kRemoteUdpEncapsPort, &encaps); error != 0) return Missing(error);
  *values = {ntohs(encaps.port)};
  return 0;
}

}  // namespace

void PushAddress(const sockaddr_storage& storage, std::vector<uint32_t>* words) {
  sctp::IpAddress address;
  uint16_t port = 0;
  if (!io::FromSockaddr(storage, &address, &port)) address = io::AnyAddress(4);
  words->push_back(address.family);
  for (size_t word = 0; word < 4; word++) words->push_back(sctp::Load32(&address.bytes[word * 4]));
  words->push_back(port);
  words->push_back(address.scope_id);
}

bool IsPeerOption(Option option) {
  switch (option) {
    case Option::kPeerAddrParams:
    case Option::kPrimaryAddr:
    case Option::kSetPeerPrimary:
    case Option::kStatus:
    case Option::kPeerAddrInfo:
    case Option::kPrimaryPeer:
    case Option::kRemoteUdpEncapsPort:
      return true;
    default:
      return false;
  }
}

int SetPeerOption(int fd, Option option, const OptionKey& key, Words values) {
  switch (option) {
    case Option::kPeerAddrParams:
      return SetParams(fd, key, values);
    case Option::kPrimaryAddr: {
      sctp_prim primary{};
      primary.ssp_assoc_id = Key(key.assoc);
      PutAddress(key, &primary, offsetof(sctp_prim, ssp_addr));
      return key.HasAddress() ? SetSctp(fd, SCTP_PRIMARY_ADDR, primary) : EINVAL;
    }
    case Option::kSetPeerPrimary: {
      sctp_setpeerprim primary{};
      primary.sspp_assoc_id = Key(key.assoc);
      PutAddress(key, &primary, offsetof(sctp_setpeerprim, sspp_addr));
      return key.HasAddress() ? SetSctp(fd, SCTP_SET_PEER_PRIMARY_ADDR, primary) : EINVAL;
    }
    case Option::kRemoteUdpEncapsPort:
      return SetEncapsPort(fd, key, values);
    default:
      return EINVAL;
  }
}

int GetPeerOption(int fd, Option option, const OptionKey& key, std::vector<uint32_t>* values) {
  switch (option) {
    case Option::kPeerAddrParams:
      return GetParams(fd, key, values);
    case Option::kPrimaryAddr:
      return GetPrimary(fd, key, values);
    case Option::kStatus:
      return GetStatus(fd, key, false, values);
    case Option::kPeerAddrInfo:
      return GetPath(fd, key, values);
    case Option::kPrimaryPeer:
      return GetStatus(fd, key, true, values) == 0 ? 0 : ENOENT;
    case Option::kRemoteUdpEncapsPort:
      return GetEncapsPort(fd, key, values);
    default:
      return EINVAL;
  }
}

}  // namespace mailport::kernel_sctp

#endif
