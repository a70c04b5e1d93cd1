// The cookie's bytes: everything at a fixed place, then the peer's other addresses, the key vectors of both ends if chunks are authenticated, the signature. Only this engine reads them, so the layout may change
// with any version.
#include "cookie.h"

#include <algorithm>

#include "packet/wire.h"

namespace mailport::sctp {
namespace {

enum Field : size_t {
  kCreated = 0,            // 8
  kLifeMs = 8,             // 4
  kLocalTag = 12,          // 4
  kPeerTag = 16,           // 4
  kLocalInitialTsn = 20,   // 4
  kPeerInitialTsn = 24,    // 4
  kPeerRwnd = 28,          // 4
  kOutboundStreams = 32,   // 2
  kInboundStreams = 34,    // 2
  kLocalTieTag = 36,       // 4
  kPeerTieTag = 40,        // 4
  kLocalPort = 44,         // 2
  kPeerPort = 46,          // 2
  kExtensions = 48,        // 1: the bits below
  kOtherCount = 49,        // 1; with the two bits below
  kPeerUdpPort = 50,       // 2
  kAdaptation = 52,        // 4
  kPeerAddress = 56,       // 24: family, three bytes of zero, scope, address
  kOtherAddresses = 80,    // 17 each: family, address
};
constexpr size_t kOtherAddressBytes = 17;
constexpr uint8_t kListsMore = 0x80;      // The INIT listed more.
constexpr uint8_t kSecondIsZero = 0x40;   // Of the capabilities; their own byte is full.
static_assert(CookieKeys::kMaxOtherAddresses < kSecondIsZero);
constexpr uint8_t kHasAdaptation = 1;
constexpr struct {
  uint8_t bit;
  bool Capabilities::*agreed;
} kAgreements[] = {{2, &Capabilities::partial_reliability},
                   {4, &Capabilities::interleaving},
                   {8, &Capabilities::reconfig},
                   {16, &Capabilities::zero_checksum},
                   {32, &Capabilities::asconf}};
constexpr uint8_t kHasAuth = 64;
constexpr uint8_t kMakesRandom = 128;   // The random number is left out of our key vector: see RandomFor.
constexpr size_t kAuthLengthBytes = 4;  // Lengths of the two key vectors, ours first.
constexpr size_t kRandomEnd = kParamHeaderBytes + kAuthRandomBytes;
// Half of the digest, as in RFC 4868 section 2.6: nobody guesses 128 bits, and the answer to an INIT stays shorter.
constexpr size_t kSignatureBytes = sizeof(Digest) / 2;
constexpr size_t AuthAt(size_t other_addresses) { return kOtherAddresses + Padded(kOtherAddressBytes * other_addresses); }
constexpr size_t SizeWith(size_t other_addresses, size_t vector_bytes = 0) {
  return AuthAt(other_addresses) + (vector_bytes == 0 ? 0 : Padded(kAuthLengthBytes + vector_bytes)) + kSignatureBytes;
}
static_assert(SizeWith(CookieKeys::kMaxOtherAddresses, 2 * kMaxKeyVectorBytes) <= CookieKeys::kMaxBytes);

void StoreAddress(uint8_t* p, const IpAddress& address) {
  p[0] = address.family;
  Store32(p + 4, address.scope_id);
  std::memcpy(p + 8, address.bytes.data(), address.bytes.size());
}

IpAddress LoadAddress(const uint8_t* p) {
  IpAddress address;
  address.family = p[0];
  address.scope_id = Load32(p + 4);
  std::memcpy(address.bytes.data(), p + 8, address.bytes.size());
  return address;
}

}  // namespace

void CookieKeys::Rotate(const Key& next, TimeUs now) {
  previous_ = current_;
  has_previous_ = true;
  current_ = next;
  since_ = now;
}

// Nobody who does not have the key can tell it from any other number.
std::array<uint8_t, kAuthRandomBytes> CookieKeys::RandomFor(const CookieState& state, const Key& key) {
  static_assert(sizeof(Digest) == kAuthRandomBytes);
  static constexpr uint8_t kPurpose[] = {'R', 'A', 'N', 'D', 'O', 'M'};
  std::array<uint8_t, 20> of;
  Store32(&of[0], state.terms.local_tag);
  Store32(&of[4], state.terms.peer_tag);
  Store32(&of[8], state.terms.local_initial_tsn);
  Store64(&of[12], state.created);
  return Hmac(Hash::kSha256, key, {kPurpose, of});
}

size_t CookieKeys::Seal(const CookieState& state, std::span<uint8_t, kMaxBytes> out) const {
  uint8_t* p = out.data();
  const size_t others = std::min(state.listed.addresses.size(), kMaxOtherAddresses);
  Bytes ours = state.terms.auth->local;
  const KeyVector& theirs = state.terms.auth->peer;
  const bool has_auth = state.terms.Authenticates() && ours.size() <= kMaxKeyVectorBytes && theirs.size() <= kMaxKeyVectorBytes;
  const bool makes_random = has_auth && ours.size() > kRandomEnd && EqualInConstantTime(RandomFor(state), ours.subspan(kParamHeaderBytes, kAuthRandomBytes));
  if (makes_random) ours = ours.subspan(kRandomEnd);
  const size_t bytes = SizeWith(others, has_auth ? ours.size() + theirs.size() : 0);
  std::memset(p, 0, bytes);
  Store64(p + kCreated, state.created);
  Store32(p + kLifeMs, state.life_ms);
  Store32(p + kLocalTag, state.terms.local_tag);
  Store32(p + kPeerTag, state.terms.peer_tag);
  Store32(p + kLocalInitialTsn, state.terms.local_initial_tsn);
  Store32(p + kPeerInitialTsn, state.terms.peer_initial_tsn);
  Store32(p + kPeerRwnd, state.terms.peer_rwnd);
  Store16(p + kOutboundStreams, state.terms.capabilities.outbound_streams);
  Store16(p + kInboundStreams, state.terms.capabilities.inbound_streams);
  Store32(p + kLocalTieTag, state.local_tie_tag);
  Store32(p + kPeerTieTag, state.peer_tie_tag);
  Store16(p + kLocalPort, state.local_port);
  Store16(p + kPeerPort, state.peer_port);
  Store16(p + kPeerUdpPort, state.peer_udp_port);
  if (state.terms.capabilities.peer_adaptation) p[kExtensions] |= kHasAdaptation;
  for (const auto& [bit, agreed] : kAgreements)
    if (state.terms.capabilities.*agreed) p[kExtensions] |= bit;
  Store32(p + kAdaptation, state.terms.capabilities.peer_adaptation.value_or(0));
  StoreAddress(p + kPeerAddress, state.peer_address);
  p[kOtherCount] = static_cast<uint8_t>(others | (state.listed.lists_more ? kListsMore : 0) | (state.terms.capabilities.second_is_zero ? kSecondIsZero : 0));
  for (size_t i = 0; i < others; i++) {
    uint8_t* place = p + kOtherAddresses + kOtherAddressBytes * i;
    place[0] = state.listed.addresses[i].family;
    std::memcpy(place + 1, state.listed.addresses[i].bytes.data(), state.listed.addresses[i].bytes.size());
  }
  if (has_auth) {
    uint8_t* place = p + AuthAt(others);
    p[kExtensions] |= kHasAuth | (makes_random ? kMakesRandom : 0);
    Store16(place, static_cast<uint32_t>(ours.size()));
    Store16(place + 2, static_cast<uint32_t>(theirs.size()));
    std::memcpy(place + kAuthLengthBytes, ours.data(), ours.size());
    std::memcpy(place + kAuthLengthBytes + ours.size(), theirs.data(), theirs.size());
  }
  const Digest digest = HmacSha256(current_, out.first(bytes - kSignatureBytes));
  std::memcpy(p + bytes - kSignatureBytes, digest.data(), kSignatureBytes);
  return bytes;
}

std::optional<CookieState> CookieKeys::Open(Bytes cookie) const {
  if (cookie.size() < SizeWith(0) || cookie.size() > kMaxBytes) return std::nullopt;
  Bytes content = cookie.first(cookie.size() - kSignatureBytes), signature = cookie.last(kSignatureBytes);
  const auto is_signed_by = [&](const Key& key) {
    const Digest digest = HmacSha256(key, content);
    return EqualInConstantTime(Bytes(digest).first(kSignatureBytes), signature);
  };
  const bool is_current = is_signed_by(current_);
  const bool ours = is_current || (has_previous_ && is_signed_by(previous_));
  const uint8_t* p = cookie.data();
  const size_t others = p[kOtherCount] & ~(kListsMore | kSecondIsZero);
  if (!ours || cookie.size() < SizeWith(others)) return std::nullopt;
  const bool has_auth = (p[kExtensions] & kHasAuth) != 0;
  const uint8_t* const auth = p + AuthAt(others);
  const size_t local_bytes = has_auth ? Load16(auth) : 0, peer_bytes = has_auth ? Load16(auth + 2) : 0;
  if (cookie.size() != SizeWith(others, local_bytes + peer_bytes)) return std::nullopt;

  CookieState state;
  state.created = Load64(p + kCreated);
  state.life_ms = Load32(p + kLifeMs);
  state.terms.local_tag = Load32(p + kLocalTag);
  state.terms.peer_tag = Load32(p + kPeerTag);
  state.terms.local_initial_tsn = Load32(p + kLocalInitialTsn);
  state.terms.peer_initial_tsn = Load32(p + kPeerInitialTsn);
  state.terms.peer_rwnd = Load32(p + kPeerRwnd);
  state.terms.capabilities.outbound_streams = Load16(p + kOutboundStreams);
  state.terms.capabilities.inbound_streams = Load16(p + kInboundStreams);
  state.local_tie_tag = Load32(p + kLocalTieTag);
  state.peer_tie_tag = Load32(p + kPeerTieTag);
  state.local_port = Load16(p + kLocalPort);
  state.peer_port = Load16(p + kPeerPort);
  state.peer_udp_port = Load16(p + kPeerUdpPort);
  state.listed.lists_more = (p[kOtherCount] & kListsMore) != 0;
  state.terms.capabilities.second_is_zero = (p[kOtherCount] & kSecondIsZero) != 0;
  if ((p[kExtensions] & kHasAdaptation) != 0) state.terms.capabilities.peer_adaptation = Load32(p + kAdaptation);
  for (const auto& [bit, agreed] : kAgreements) state.terms.capabilities.*agreed = (p[kExtensions] & bit) != 0;
  if (has_auth) {
    const uint8_t* const vectors = auth + kAuthLengthBytes;
    Terms::AuthVectors& both = state.terms.auth.Make();
    if ((p[kExtensions] & kMakesRandom) != 0) both.local = MakeRandomParam(RandomFor(state, is_current ? current_ : previous_));
    both.local.insert(both.local.end(), vectors, vectors + local_bytes);
    both.peer.assign(vectors + local_bytes, vectors + local_bytes + peer_bytes);
  }
  state.peer_address = LoadAddress(p + kPeerAddress);
  for (size_t i = 0; i < others; i++) {
    const uint8_t* place = p + kOtherAddresses + kOtherAddressBytes * i;
    IpAddress& address = state.listed.addresses.emplace_back();
    address.family = place[0];
    std::memcpy(address.bytes.data(), place + 1, address.bytes.size());
  }
  return state;
}

}  // namespace mailport::sctp
