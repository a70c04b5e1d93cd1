// The state cookie (RFC 9260 section 5.1.3): everything an association needs, signed and handed to the peer, so that an INIT costs no memory.
#pragma once

#include <optional>

#include "capabilities.h"
#include "hmac.h"
#include "types.h"

namespace mailport::sctp {

struct CookieState {
  Terms terms;  // As the maker of the cookie sees them.
  TimeUs created = 0;
  uint32_t life_ms = 0;
  uint32_t local_tie_tag = 0, peer_tie_tag = 0;  // Say which association existed (5.2.2); else 0.
  uint16_t local_port = 0, peer_port = 0, peer_udp_port = 0;
  IpAddress peer_address;  // Where the INIT came from.
  ListedAddresses listed;  // Addresses from the INIT. The first kMaxOtherAddresses are kept.
};

// Signs and checks cookies with HMAC-SHA-256 under a key that is replaced every `kKeyLifeUs`; the key before stays valid for checking.
class CookieKeys {
 public:
  static constexpr TimeUs kKeyLifeUs = 3600u * 1000 * 1000;
  using Key = std::array<uint8_t, 32>;

  explicit CookieKeys(const Key& first, TimeUs now) : current_(first), since_(now) {}
  // True if the current key is old: call Rotate with fresh random bytes.
  bool Due(TimeUs now) const { return now - since_ >= kKeyLifeUs; }
  void Rotate(const Key& next, TimeUs now);

  static constexpr size_t kMaxOtherAddresses = 16;
  static constexpr size_t kMaxBytes = 80 + 17 * kMaxOtherAddresses + 4 + 2 * kMaxKeyVectorBytes + 16;
  // The random number of our key vector in an answer with that cookie (auth_parameters.h). The cookie need not carry it, so the answer stays short.
  std::array<uint8_t, kAuthRandomBytes> RandomFor(const CookieState& state) const { return RandomFor(state, current_); }
  // Writes a cookie and gives its size.
  size_t Seal(const CookieState& state, std::span<uint8_t, kMaxBytes> out) const;
  // The state, if the signature is ours and the layout whole. Does not look at the age.
  std::optional<CookieState> Open(Bytes cookie) const;

 private:
  static std::array<uint8_t, kAuthRandomBytes> RandomFor(const CookieState& state, const Key& key);

  Key current_, previous_{};
  bool has_previous_ = false;
  TimeUs since_;
};

}  // namespace mailport::sctp
