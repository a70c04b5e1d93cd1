// SipHash-2-4: two rounds a word, four at the end.
#include "siphash.h"

#include <bit>

namespace mailport::sctp {
namespace {

struct SipState {
  uint64_t v0, v1, v2, v3;

  void Round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void Absorb(uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }
};

uint64_t LoadLittle(const uint8_t* p, size_t bytes) {
  uint64_t word = 0;
  for (size_t i = 0; i < bytes; i++) word |= static_cast<uint64_t>(p[i]) << (8 * i);
  return word;
}

}  // namespace

uint64_t SipHash(const SipKey& key, std::span<const uint8_t> data) {
  // The four words spell "somepseudorandomlygeneratedbytes".
  SipState state{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
  size_t whole = data.size() & ~size_t{7};
  for (size_t i = 0; i < whole; i += 8) state.Absorb(LoadLittle(data.data() + i, 8));
  state.Absorb(LoadLittle(data.data() + whole, data.size() - whole) | static_cast<uint64_t>(data.size()) << 56);
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; i++) state.Round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace mailport::sctp
