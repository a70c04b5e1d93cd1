// What the ends of an association tell each other of authenticated chunks (RFC 4895 sections 3 and 6.1): the RANDOM, CHUNKS and HMAC-ALGO parameters of an INIT or
// INIT ACK. One behind the other in this order, headers included and padding not, they are the key vector of the end that sent them.
#pragma once

#include <bitset>
#include <vector>

#include "../types.h"
#include "wire.h"

namespace mailport::sctp {

using KeyVector = std::vector<uint8_t>;
using ChunkTypes = std::bitset<256>;

constexpr size_t kAuthRandomBytes = 32;
// A longer key vector is not kept: an end that sends one is taken not to know authenticated chunks. All chunk types fit in.
constexpr size_t kMaxKeyVectorBytes = 320;

// HMAC identifiers (section 8.3).
enum HmacId : uint16_t { kHmacSha1 = 1, kHmacSha256 = 3 };

// Chunks that nobody can ask to be authenticated (section 3.2).
constexpr bool CanBeAuthenticated(uint8_t type) {
  return type != kChunkInit && type != kChunkInitAck && type != kChunkShutdownComplete && type != kChunkAuth;
}

// The parameters as they stand in a peer's INIT or INIT ACK, headers included; empty if they are not there.
struct AuthParams {
  Bytes random, chunks, hmacs;
  bool repeated = false;  // One of them came twice.

  // Keeps the parameter if it is one of these. `param`: without padding.
  bool Take(Bytes param);
  // The sender wants authenticated chunks, and has sent what section 6.1 forbids: a random number of another length, no SHA-1.
  bool IsViolation() const;
  bool IsOffer() const { return !random.empty() && !hmacs.empty(); }
  // Empty if it cannot be kept.
  KeyVector Vector() const;
};

KeyVector MakeRandomParam(std::span<const uint8_t, kAuthRandomBytes> random);
// The vector of an end with these lists. CHUNKS is left out if no chunk is listed.
KeyVector MakeKeyVector(std::span<const uint8_t, kAuthRandomBytes> random, std::span<const uint8_t> chunks, std::span<const uint16_t> hmacs);

// The lists in a key vector. CHUNKS may name what cannot be asked for: that counts for nothing.
struct AuthLists {
  ChunkTypes chunks;
  std::vector<uint16_t> hmacs;
};
AuthLists ListsOf(std::span<const uint8_t> vector);
// Calls `each` with every parameter of a vector, header included.
template <typename Each>
void ForEachParam(Bytes vector, Each each) {
  while (vector.size() >= kParamHeaderBytes) {
    const size_t bytes = Load16(&vector[2]);
    if (bytes < kParamHeaderBytes || bytes > vector.size()) return;
    each(vector.first(bytes));
    vector = vector.subspan(bytes);
  }
}

// The association shared key: the endpoint pair's key, the smaller vector as a number, the larger one (section 6.1).
std::vector<uint8_t> AssociationKey(std::span<const uint8_t> pair_key, Bytes one, Bytes other);

}  // namespace mailport::sctp
