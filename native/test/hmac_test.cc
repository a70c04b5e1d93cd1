// SHA-256, SHA-1, HMAC and SipHash against the vectors of their standards.
#include "hmac.h"

#include <string>
#include <vector>

#include "check.h"
#include "hex.h"
#include "siphash.h"

namespace mailport::sctp::test {
namespace {

std::string Sha(std::string_view text) { return ToHex(Sha256(AsBytes(text))); }
std::string Hmac(std::span<const uint8_t> key, std::string_view text) { return ToHex(HmacSha256(key, AsBytes(text))); }

// FIPS 180-2 appendix B, and the empty message.
TEST("SHA-256 gives the digests of FIPS 180") {
  EXPECT_EQ(Sha(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Lengths around the padding's block boundary; digests from coreutils' sha256sum.
TEST("SHA-256 pads right on both sides of a block boundary") {
  EXPECT_EQ(Sha(std::string(55, 'a')), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  EXPECT_EQ(Sha(std::string(56, 'a')), "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
  EXPECT_EQ(Sha(std::string(64, 'a')), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

// RFC 4231 section 4, cases 1 to 4, 6 and 7 (5 is about truncation).
TEST("HMAC-SHA-256 gives the values of RFC 4231") {
  EXPECT_EQ(Hmac(std::vector<uint8_t>(20, 0x0b), "Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(Hmac(AsBytes("Jefe"), "what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hmac(std::vector<uint8_t>(20, 0xaa), std::string(50, '\xdd')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(Hmac(FromHex("0102030405060708090a0b0c0d0e0f10111213141516171819"), std::string(50, '\xcd')),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  EXPECT_EQ(Hmac(std::vector<uint8_t>(131, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(Hmac(std::vector<uint8_t>(131, 0xaa),
                 "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed "
                 "before being used by the HMAC algorithm."),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

std::string Sha1(std::string_view text) {
  const Digest digest = DigestOf(Hash::kSha1, AsBytes(text));
  return ToHex(std::span(digest).first(20));
}
std::string HmacSha1(std::span<const uint8_t> key, std::string_view text) {
  const Digest digest = sctp::Hmac(Hash::kSha1, key, {AsBytes(text.substr(0, text.size() / 2)), AsBytes(text.substr(text.size() / 2))});
  return ToHex(std::span(digest).first(20));
}

// RFC 3174 section 7.3, and the empty message of FIPS 180.
TEST("SHA-1 gives the digests of RFC 3174") {
  EXPECT_EQ(Sha1(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(Sha1("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(Sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(Sha1(std::string(1'000'000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

// RFC 2202 section 3. The text goes in in two parts.
TEST("HMAC-SHA-1 gives the values of RFC 2202") {
  EXPECT_EQ(HmacSha1(std::vector<uint8_t>(20, 0x0b), "Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(HmacSha1(AsBytes("Jefe"), "what do ya want for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(HmacSha1(std::vector<uint8_t>(20, 0xaa), std::string(50, '\xdd')), "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
  EXPECT_EQ(HmacSha1(FromHex("0102030405060708090a0b0c0d0e0f10111213141516171819"), std::string(50, '\xcd')),
            "4c9007f4026250c6bc8414f9bf50c86c2d7235da");
  EXPECT_EQ(HmacSha1(std::vector<uint8_t>(80, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  EXPECT_EQ(HmacSha1(std::vector<uint8_t>(80, 0xaa), "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"),
            "e8e99d0f45237d786d6bbaa7965c7808bbff1a91");
}

TEST("the comparison sees a difference in any bit, and in length") {
  std::vector<uint8_t> a(32, 0x5a);
  EXPECT_TRUE(EqualInConstantTime(a, a));
  EXPECT_TRUE(EqualInConstantTime({}, {}));
  EXPECT_FALSE(EqualInConstantTime(a, std::span(a).first(31)));
  for (size_t i = 0; i < a.size(); i++)
    for (int bit = 0; bit < 8; bit++) {
      std::vector<uint8_t> b = a;
      b[i] ^= static_cast<uint8_t>(1 << bit);
      EXPECT_FALSE(EqualInConstantTime(a, b));
    }
}

// The reference implementation's key 00 01 … 0f and inputs 00 01 … of growing length (vectors.h of SipHash).
TEST("SipHash-2-4 gives the reference vectors") {
  SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::vector<uint8_t> data;
  for (uint8_t i = 0; i < 16; i++) data.push_back(i);
  auto hash = [&](size_t length) { return SipHash(key, std::span(data).first(length)); };
  EXPECT_EQ(hash(0), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(hash(1), 0x74f839c593dc67fdu);
  EXPECT_EQ(hash(7), 0xab0200f58b01d137u);
  EXPECT_EQ(hash(8), 0x93f5f5799a932462u);
  EXPECT_EQ(hash(15), 0xa129ca6149be45e5u);
}

}  // namespace
}  // namespace mailport::sctp::test
