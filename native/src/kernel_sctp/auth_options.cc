#include "auth_options.h"

#if defined(__linux__)

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "option_calls.h"

namespace mailport::kernel_sctp {

namespace {

using sctp::Option;
using Words = std::span<const uint32_t>;

// Numbers of linux/sctp.h: those that are younger than headers we build with, and the older ones beside them.
constexpr int kAuthChunk = 21;          // SCTP_AUTH_CHUNK
constexpr int kHmacIdent = 22;          // SCTP_HMAC_IDENT
constexpr int kAuthKey = 23;            // SCTP_AUTH_KEY
constexpr int kAuthActiveKey = 24;      // SCTP_AUTH_ACTIVE_KEY
constexpr int kAuthDeleteKey = 25;      // SCTP_AUTH_DELETE_KEY
constexpr int kPeerAuthChunks = 26;     // SCTP_PEER_AUTH_CHUNKS
constexpr int kLocalAuthChunks = 27;    // SCTP_LOCAL_AUTH_CHUNKS
constexpr int kAuthDeactivateKey = 35;  // SCTP_AUTH_DEACTIVATE_KEY, Linux 4.17
constexpr int kAsconfSupported = 128;   // SCTP_ASCONF_SUPPORTED, Linux 5.4
constexpr int kAuthSupported = 129;     // SCTP_AUTH_SUPPORTED, Linux 5.4
constexpr size_t kMaxChunkTypes = 256;
constexpr size_t kMaxHmacs = 16;
constexpr size_t kKeyHeadWords = 2;

// sctp_authkeyid.
struct KeyId {
  sctp_assoc_t assoc_id;
  uint16_t number;
};

// The head of sctp_authkey; the key's bytes follow.
struct KeyHead {
  sctp_assoc_t assoc_id;
  uint16_t number, bytes;
};
static_assert(sizeof(KeyHead) == 8);

// sctp_hmacalgo.
struct HmacList {
  uint32_t count;
  uint16_t ids[kMaxHmacs];
};

// sctp_authchunks.
struct ChunkList {
  sctp_assoc_t assoc_id;
  uint32_t count;
  uint8_t types[kMaxChunkTypes];
};

// INIT, INIT ACK, SHUTDOWN COMPLETE and AUTH itself cannot be authenticated (RFC 4895 section 3.2).
bool CanBeAuthenticated(uint32_t type) { return type <= UINT8_MAX && type != 1 && type != 2 && type != 14 && type != 15; }

// The kernel takes one at a time. All are looked at before.
int SetChunks(int fd, Words types) {
  for (const uint32_t type : types)
    if (!CanBeAuthenticated(type)) return EINVAL;
  for (const uint32_t type : types)
    if (const int error = SetSctp(fd, kAuthChunk, static_cast<uint8_t>(type)); error != 0) return error;
  return 0;
}

int SetHmacs(int fd, Words ids) {
  HmacList list{};
  if (ids.empty() || ids.size() > kMaxHmacs) return EINVAL;
  for (const uint32_t id : ids) {
    if (id > UINT16_MAX) return EINVAL;
    list.ids[list.count++] = static_cast<uint16_t>(id);
  }
  return SetSctp(fd, kHmacIdent, list, static_cast<socklen_t>(offsetof(HmacList, ids) + ids.size() * sizeof(uint16_t)));
}

int SetKey(int fd, sctp::AssocId assoc, Words values) {
  if (values.size() < kKeyHeadWords || values[0] > UINT16_MAX) return EINVAL;
  const Words words = values.subspan(kKeyHeadWords);
  const uint32_t bytes = values[1];
  if (bytes == 0 || bytes > UINT16_MAX || bytes > 4 * words.size()) return EINVAL;
  const KeyHead head{Key(assoc), static_cast<uint16_t>(values[0]), static_cast<uint16_t>(bytes)};
  std::vector<uint8_t> request(sizeof(head) + bytes);
  std::memcpy(request.data(), &head, sizeof(head));
  for (uint32_t i = 0; i < bytes; i++) request[sizeof(head) + i] = static_cast<uint8_t>(words[i / 4] >> (24 - 8 * (i % 4)));
  return SetSctp(fd, kAuthKey, *request.data(), static_cast<socklen_t>(request.size()));
}

// Lists are as long as the kernel says; what it did not write counts for nothing.
int GetChunks(int fd, int name, sctp::AssocId assoc, std::vector<uint32_t>* values) {
  ChunkList list{};
  list.assoc_id = Key(assoc);
  socklen_t length = sizeof(list);
  if (getsockopt(fd, IPPROTO_SCTP, name, &list, &length) != 0) return OptionError(errno);
  if (length < offsetof(ChunkList, types)) return EPROTO;
  const size_t count = std::min<size_t>(list.count, length - offsetof(ChunkList, types));
  values->assign(list.types, list.types + count);
  return 0;
}

int GetHmacs(int fd, std::vector<uint32_t>* values) {
  HmacList list{};
  socklen_t length = sizeof(list);
  if (getsockopt(fd, IPPROTO_SCTP, kHmacIdent, &list, &length) != 0) return OptionError(errno);
  if (length < offsetof(HmacList, ids)) return EPROTO;
  const size_t count = std::min<size_t>(list.count, (length - offsetof(HmacList, ids)) / sizeof(uint16_t));
  values->assign(list.ids, list.ids + count);
  return 0;
}

int SetKeyId(int fd, int name, sctp::AssocId assoc, uint32_t number) {
  return number > UINT16_MAX ? EINVAL : SetSctp(fd, name, KeyId{Key(assoc), static_cast<uint16_t>(number)});
}

}  // namespace

bool IsAuthOption(Option option) {
  return (option >= Option::kAuthSupported && option <= Option::kLocalAuthChunks) || option == Option::kAsconfSupported;
}

int SetAuthOption(int fd, Option option, sctp::AssocId assoc, Words values) {
  if (option == Option::kHmacIdent) return SetHmacs(fd, values);
  if (option == Option::kAuthKey) return SetKey(fd, assoc, values);
  if (option == Option::kAuthChunk) return values.empty() ? EINVAL : SetChunks(fd, values);
  if (values.size() != 1) return EINVAL;
  switch (option) {
    case Option::kAuthSupported:
    case Option::kAsconfSupported:
      return Missing(SetSctp(fd, option == Option::kAuthSupported ? kAuthSupported : kAsconfSupported, sctp_assoc_value{Key(assoc), values[0]}));
    case Option::kAuthActiveKey:
      return SetKeyId(fd, kAuthActiveKey, assoc, values[0]);
    case Option::kAuthDeleteKey:
      return SetKeyId(fd, kAuthDeleteKey, assoc, values[0]);
    case Option::kAuthDeactivateKey:
      return Missing(SetKeyId(fd, kAuthDeactivateKey, assoc, values[0]));
    default:
      return EINVAL;
  }
}

int GetAuthOption(int fd, Option option, sctp::AssocId assoc, std::vector<uint32_t>* values) {
  switch (option) {
    case Option::kAuthSupported:
    case Option::kAsconfSupported: {
      sctp_assoc_value value{Key(assoc), 0};
      const int error = Missing(GetSctp(fd, option == Option::kAuthSupported ? kAuthSupported : kAsconfSupported, &value));
      *values = {value.assoc_value};
      return error;
    }
    case Option::kHmacIdent:
      return GetHmacs(fd, values);
    case Option::kAuthActiveKey: {
      KeyId id{Key(assoc), 0};
      const int error = GetSctp(fd, kAuthActiveKey, &id);
      *values = {id.number};
      return error;
    }
    case Option::kPeerAuthChunks:
      return GetChunks(fd, kPeerAuthChunks, assoc, values);
    case Option::kLocalAuthChunks:
      return GetChunks(fd, kLocalAuthChunks, assoc, values);
    default:
      return EINVAL;
  }
}

}  // namespace mailport::kernel_sctp

#endif
