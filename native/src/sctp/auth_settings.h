// What a user sets of authenticated chunks (RFC 4895, RFC 6458 section 8.3): which chunks a peer has to authenticate, the HMACs that it may use, and the keys that
// both ends know. A socket's settings are for its future associations, and each of these has keys of its own from then on.
#pragma once

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "hmac.h"
#include "packet/auth_parameters.h"

namespace mailport::sctp {

// The hash function of an HMAC identifier; none: we do not know it.
inline std::optional<Hash> HashOf(uint16_t hmac_id) {
  if (hmac_id == kHmacSha1) return Hash::kSha1;
  if (hmac_id == kHmacSha256) return Hash::kSha256;
  return std::nullopt;
}

// The endpoint pair shared keys of one association, or of those to come, by their identifiers. Each call gives 0 or an errno, numbered as on Linux. Copies have the same
// keys in memory until one of them changes: a stranger's COOKIE ECHO, and each association, would cost up to 256 KiB otherwise.
class AuthKeys {
 public:
  static constexpr size_t kMaxKeys = 256;
  static constexpr size_t kMaxKeyBytes = 1024;

  // Number 0 is there from the beginning, and empty (section 6.1).
  AuthKeys() { keys_->emplace(0, Key{}); }

  uint16_t active() const { return active_; }
  // Null: there is no such key.
  const std::vector<uint8_t>* Find(uint16_t id) const {
    const auto found = keys_->find(id);
    return found == keys_->end() ? nullptr : &found->second.bytes;
  }

  // Another key may have that number already; it is replaced.
  int Set(uint16_t id, Bytes bytes) {
    if (bytes.size() > kMaxKeyBytes) return EMSGSIZE;
    if (!keys_->contains(id) && keys_->size() == kMaxKeys) return ENOMEM;
    Own()[id] = Key{{bytes.begin(), bytes.end()}, false};
    return 0;
  }
  int Activate(uint16_t id) {
    const auto found = keys_->find(id);
    if (found == keys_->end() || found->second.deactivated) return EINVAL;
    active_ = id;
    return 0;
  }
  int Delete(uint16_t id) {
    if (id == active_ || !keys_->contains(id)) return EINVAL;
    Own().erase(id);
    return 0;
  }
  // Nothing of ours uses the key any more; the peer's packets may. `*was_in_use`: it had not been taken out of use before.
  int Deactivate(uint16_t id, bool* was_in_use) {
    const auto found = keys_->find(id);
    if (id == active_ || found == keys_->end()) return EINVAL;
    *was_in_use = !found->second.deactivated;
    if (*was_in_use) Own()[id].deactivated = true;
    return 0;
  }

 private:
  struct Key {
    std::vector<uint8_t> bytes;
    bool deactivated = false;
  };
  using Keys = std::map<uint16_t, Key>;
  // To be changed.
  Keys& Own() {
    if (keys_.use_count() > 1) keys_ = std::make_shared<Keys>(*keys_);
    return *keys_;
  }

  std::shared_ptr<Keys> keys_ = std::make_shared<Keys>();
  uint16_t active_ = 0;
};

struct AuthSettings {
  // All that there are. With a longer list, the answer to a short INIT would be too long (init_responder.cc).
  static constexpr size_t kMaxChunks = 20;

  std::vector<uint8_t> chunks;
  // The peer uses the first one that it knows. SHA-1 must be among them (section 6.1).
  std::vector<uint16_t> hmacs{kHmacSha256, kHmacSha1};
  AuthKeys keys;

  int AddChunks(std::span<const uint32_t> types) {
    for (const uint32_t type : types) {
      if (type > UINT8_MAX || !CanBeAuthenticated(static_cast<uint8_t>(type))) return EINVAL;
      if (std::find(chunks.begin(), chunks.end(), type) != chunks.end()) continue;
      if (chunks.size() == kMaxChunks) return EINVAL;
      chunks.push_back(static_cast<uint8_t>(type));
    }
    return 0;
  }
  int SetHmacs(std::span<const uint32_t> ids) {
    if (ids.empty() || ids.size() > 2 || (ids.size() == 2 && ids[0] == ids[1])) return EINVAL;
    for (const uint32_t id : ids)
      if (id > UINT16_MAX || !HashOf(static_cast<uint16_t>(id))) return ENOTSUP;
    if (std::find(ids.begin(), ids.end(), kHmacSha1) == ids.end()) return EINVAL;
    hmacs.assign(ids.begin(), ids.end());
    return 0;
  }
};

}  // namespace mailport::sctp
