// The hash functions and HMAC, as the standards write them down; nothing here is made to be quick.
#include "hmac.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "packet/wire.h"

namespace mailport::sctp {
namespace {

constexpr size_t kBlockBytes = 64;

// FIPS 180-4 section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr std::array<uint32_t, 64> kRoundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// Both functions take blocks of 64 bytes, padded alike (FIPS 180-4 section 5.1.1), and differ in how they compress one. Input comes in pieces, so that HMAC needs
// no buffer for pad and text together.
template <typename Rounds>
class HashState {
 public:
  void Update(std::span<const uint8_t> data) {
    total_bytes_ += data.size();
    while (!data.empty()) {
      size_t taken = std::min(data.size(), kBlockBytes - filled_);
      std::memcpy(block_.data() + filled_, data.data(), taken);
      filled_ += taken;
      data = data.subspan(taken);
      if (filled_ == kBlockBytes) Compress();
    }
  }

  Digest Finish() {
    uint64_t total_bits = total_bytes_ * 8;
    block_[filled_++] = 0x80;
    if (filled_ > kBlockBytes - 8) {
      std::memset(block_.data() + filled_, 0, kBlockBytes - filled_);
      Compress();
    }
    std::memset(block_.data() + filled_, 0, kBlockBytes - 8 - filled_);
    Store64(block_.data() + kBlockBytes - 8, total_bits);
    Compress();
    Digest digest{};
    for (size_t i = 0; i < rounds_.hash.size(); i++) Store32(digest.data() + 4 * i, rounds_.hash[i]);
    return digest;
  }

 private:
  void Compress() {
    rounds_.Take(block_.data());
    filled_ = 0;
  }

  Rounds rounds_;
  std::array<uint8_t, kBlockBytes> block_;
  size_t filled_ = 0;
  uint64_t total_bytes_ = 0;
};

struct Sha256Rounds {
  void Take(const uint8_t* block) {
    std::array<uint32_t, 64> w;
    for (size_t i = 0; i < 16; i++) w[i] = Load32(block + 4 * i);
    for (size_t i = 16; i < 64; i++) {
      uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
      uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = hash;
    for (size_t i = 0; i < 64; i++) {
      uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
      uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kRoundConstants[i] + w[i];
      uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    hash = {hash[0] + a, hash[1] + b, hash[2] + c, hash[3] + d, hash[4] + e, hash[5] + f, hash[6] + g, hash[7] + h};
  }

  // FIPS 180-4 section 5.3.3.
  std::array<uint32_t, 8> hash = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
};

struct Sha1Rounds {
  void Take(const uint8_t* block) {
    std::array<uint32_t, 80> w;
    for (size_t i = 0; i < 16; i++) w[i] = Load32(block + 4 * i);
    for (size_t i = 16; i < 80; i++) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    auto [a, b, c, d, e] = hash;
    for (size_t i = 0; i < 80; i++) {
      uint32_t t = std::rotl(a, 5) + e + w[i];
      if (i < 20) t += ((b & c) ^ (~b & d)) + 0x5a827999;
      else if (i < 40) t += (b ^ c ^ d) + 0x6ed9eba1;
      else if (i < 60) t += ((b & c) ^ (b & d) ^ (c & d)) + 0x8f1bbcdc;
      else t += (b ^ c ^ d) + 0xca62c1d6;
      e = d, d = c, c = std::rotl(b, 30), b = a, a = t;
    }
    hash = {hash[0] + a, hash[1] + b, hash[2] + c, hash[3] + d, hash[4] + e};
  }

  // FIPS 180-4 section 5.3.1.
  std::array<uint32_t, 5> hash = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
};

template <typename Rounds>
Digest DigestBy(std::span<const uint8_t> data) {
  HashState<Rounds> state;
  state.Update(data);
  return state.Finish();
}

template <typename Rounds>
Digest HmacBy(Hash hash, std::span<const uint8_t> key, std::initializer_list<std::span<const uint8_t>> data) {
  std::array<uint8_t, kBlockBytes> pad{};
  const Digest short_key = key.size() > kBlockBytes ? DigestBy<Rounds>(key) : Digest{};
  if (key.size() > kBlockBytes) key = std::span(short_key).first(DigestBytes(hash));
  if (!key.empty()) std::memcpy(pad.data(), key.data(), key.size());
  for (uint8_t& byte : pad) byte ^= 0x36;
  HashState<Rounds> inner;
  inner.Update(pad);
  for (const std::span<const uint8_t> part : data) inner.Update(part);
  for (uint8_t& byte : pad) byte ^= 0x36 ^ 0x5c;
  HashState<Rounds> outer;
  outer.Update(pad);
  const Digest digest = inner.Finish();
  outer.Update(std::span(digest).first(DigestBytes(hash)));
  return outer.Finish();
}

}  // namespace

Digest DigestOf(Hash hash, std::span<const uint8_t> data) { return hash == Hash::kSha1 ? DigestBy<Sha1Rounds>(data) : DigestBy<Sha256Rounds>(data); }

Digest Hmac(Hash hash, std::span<const uint8_t> key, std::initializer_list<std::span<const uint8_t>> data) {
  return hash == Hash::kSha1 ? HmacBy<Sha1Rounds>(hash, key, data) : HmacBy<Sha256Rounds>(hash, key, data);
}

bool EqualInConstantTime(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  if (a.size() != b.size()) return false;
  volatile uint8_t difference = 0;  // volatile: the compiler may not leave the loop at the first difference.
  for (size_t i = 0; i < a.size(); i++) difference = difference | (a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace mailport::sctp
