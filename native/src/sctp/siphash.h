// SipHash-2-4 (Aumasson and Bernstein), so that nobody outside can aim for one bucket of a hash table.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace mailport::sctp {

using SipKey = std::array<uint64_t, 2>;

uint64_t SipHash(const SipKey& key, std::span<const uint8_t> data);

}  // namespace mailport::sctp
