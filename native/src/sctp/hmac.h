// SHA-256 and SHA-1 (FIPS 180-4) and HMAC (RFC 2104), for the state cookie and authenticated chunks, and a comparison whose time tells nothing.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace mailport::sctp {

using Digest = std::array<uint8_t, 32>;

enum class Hash : uint8_t { kSha1, kSha256 };
// A digest's first bytes count, as many as this says.
constexpr size_t DigestBytes(Hash hash) { return hash == Hash::kSha1 ? 20 : 32; }

Digest DigestOf(Hash hash, std::span<const uint8_t> data);
// The data may come in parts.
Digest Hmac(Hash hash, std::span<const uint8_t> key, std::initializer_list<std::span<const uint8_t>> data);

inline Digest Sha256(std::span<const uint8_t> data) { return DigestOf(Hash::kSha256, data); }
inline Digest HmacSha256(std::span<const uint8_t> key, std::span<const uint8_t> data) { return Hmac(Hash::kSha256, key, {data}); }
bool EqualInConstantTime(std::span<const uint8_t> a, std::span<const uint8_t> b);

}  // namespace mailport::sctp
