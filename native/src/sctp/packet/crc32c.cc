// CRC32c: the table version, and the SSE4.2 version, which runs three streams side by side because the crc32 instruction takes three
// cycles but can start every cycle. Both work on the plain remainder; inverting at the start and the end is the callers' part.
#include "crc32c.h"

#include <array>
#include <cstring>

#include "wire.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mailport::sctp {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // 0x1edc6f41 (RFC 9260 appendix A), bits reversed.

constexpr uint32_t TimesX(uint32_t remainder) { return remainder >> 1 ^ (remainder & 1 ? kPolynomial : 0); }

// Slicing by 8: kTables[k][b] is the remainder of byte b followed by k zero bytes.
constexpr auto kTables = [] {
  std::array<std::array<uint32_t, 256>, 8> tables{};
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; bit++) remainder = TimesX(remainder);
    tables[0][byte] = remainder;
  }
  for (size_t k = 1; k < 8; k++)
    for (uint32_t byte = 0; byte < 256; byte++) tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 0xff];
  return tables;
}();

uint32_t LoadLittle32(const uint8_t* p) {
  return p[0] | static_cast<uint32_t>(p[1]) << 8 | static_cast<uint32_t>(p[2]) << 16 | static_cast<uint32_t>(p[3]) << 24;
}

uint32_t ExtendByTable(uint32_t crc, const uint8_t* data, size_t length) {
  for (; length >= 8; data += 8, length -= 8) {
    uint32_t low = crc ^ LoadLittle32(data);
    uint32_t high = LoadLittle32(data + 4);
    crc = kTables[7][low & 0xff] ^ kTables[6][low >> 8 & 0xff] ^ kTables[5][low >> 16 & 0xff] ^ kTables[4][low >> 24] ^
          kTables[3][high & 0xff] ^ kTables[2][high >> 8 & 0xff] ^ kTables[1][high >> 16 & 0xff] ^ kTables[0][high >> 24];
  }
  for (; length > 0; data++, length--) crc = crc >> 8 ^ kTables[0][(crc ^ *data) & 0xff];
  return crc;
}

using Extend = uint32_t (*)(uint32_t crc, const uint8_t* data, size_t length);

#if defined(__x86_64__)

constexpr size_t kMaxStreamWords = 256;        // 8-byte words of one stream per round: 2 KiB, three of them stay in the L1 cache.
constexpr size_t kMinInterleavedBytes = 192;   // Below, joining the streams costs more than it saves.

// kShift[n] moves a remainder over n words: x^(64 n - 33) mod P, since the carry-less product of two reversed 32-bit values and the
// crc32 instruction that reduces it multiply by x^33 besides.
constexpr auto kShift = [] {
  std::array<uint32_t, 2 * kMaxStreamWords + 1> shift{};
  uint32_t power = 1;  // x^31, reversed.
  for (size_t n = 1; n < shift.size(); n++) {
    shift[n] = power;
    for (int bit = 0; bit < 64; bit++) power = TimesX(power);
  }
  return shift;
}();

inline uint64_t LoadWord(const uint8_t* p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

__attribute__((target("sse4.2,pclmul"))) inline uint64_t ShiftWords(uint64_t crc, size_t words) {
  __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<int64_t>(crc)), _mm_cvtsi64_si128(kShift[words]), 0);
  return _mm_crc32_u64(0, static_cast<uint64_t>(_mm_cvtsi128_si64(product)));
}

__attribute__((target("sse4.2,pclmul"))) uint32_t ExtendBySse42(uint32_t start, const uint8_t* data, size_t length) {
  uint64_t crc = start;
  while (length >= kMinInterleavedBytes) {
    size_t words = length / 24 < kMaxStreamWords ? length / 24 : kMaxStreamWords;
    const uint8_t* second = data + 8 * words;
    const uint8_t* third = second + 8 * words;
    uint64_t crc_second = 0, crc_third = 0;
    for (size_t i = 0; i < 8 * words; i += 8) {
      crc = _mm_crc32_u64(crc, LoadWord(data + i));
      crc_second = _mm_crc32_u64(crc_second, LoadWord(second + i));
      crc_third = _mm_crc32_u64(crc_third, LoadWord(third + i));
    }
    crc = ShiftWords(crc, 2 * words) ^ ShiftWords(crc_second, words) ^ crc_third;
    data += 24 * words;
    length -= 24 * words;
  }
  for (; length >= 8; data += 8, length -= 8) crc = _mm_crc32_u64(crc, LoadWord(data));
  uint32_t rest = static_cast<uint32_t>(crc);
  for (; length > 0; data++, length--) rest = _mm_crc32_u8(rest, *data);
  return rest;
}

Extend ChooseExtend() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") ? ExtendBySse42 : ExtendByTable;
}

#else

Extend ChooseExtend() { return ExtendByTable; }

#endif

const Extend kExtend = ChooseExtend();

}  // namespace

uint32_t Crc32c(const uint8_t* data, size_t length) { return ~kExtend(~0u, data, length); }

uint32_t PacketCrc32c(const uint8_t* packet, size_t length) {
  uint8_t header[kCommonHeaderBytes] = {};
  std::memcpy(header, packet, length < 8 ? length : 8);
  if (length < kCommonHeaderBytes) return ~kExtend(~0u, header, length);
  return ~kExtend(kExtend(~0u, header, kCommonHeaderBytes), packet + kCommonHeaderBytes, length - kCommonHeaderBytes);
}

uint32_t Crc32cTable(const uint8_t* data, size_t length) { return ~ExtendByTable(~0u, data, length); }

}  // namespace mailport::sctp
