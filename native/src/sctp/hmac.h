// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), for the state cookie, and a comparison whose time tells nothing.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace mailport::sctp {

using Digest = std::array<uint8_t, 32>;

Digest Sha256(std::span<const uint8_t> data);
Digest HmacSha256(std::span<const uint8_t> key, std::span<const uint8_t> data);
bool EqualInConstantTime(std::span<const uint8_t> a, std::span<const uint8_t> b);

}  // namespace mailport::sctp
