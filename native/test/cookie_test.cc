// The state cookie: a sealed state comes back, and nothing else does.
#include "cookie.h"

#include <algorithm>
#include <vector>

#include "check.h"

namespace mailport::sctp::test {
namespace {

CookieKeys::Key KeyOf(uint8_t byte) {
  CookieKeys::Key key;
  key.fill(byte);
  return key;
}

IpAddress Address(uint8_t family, uint8_t first) {
  IpAddress address;
  address.family = family;
  for (size_t i = 0; i < (family == 4 ? 4 : 16); i++) address.bytes[i] = static_cast<uint8_t>(first + i);
  if (family == 6) address.scope_id = 0x01020304;
  return address;
}

CookieState Sample() {
  CookieState state;
  state.created = 0x0102030405060708;
  state.life_ms = 60'000;
  state.terms.local_tag = 0xdeadbeef, state.terms.peer_tag = 0x01020304;
  state.terms.local_initial_tsn = 0xffffffff, state.terms.peer_initial_tsn = 7;
  state.terms.peer_rwnd = 0x10000;
  state.terms.capabilities.outbound_streams = 10, state.terms.capabilities.inbound_streams = 65535;
  state.local_tie_tag = 0x11111111, state.peer_tie_tag = 0x22222222;
  state.local_port = 2006, state.peer_port = 40000, state.peer_udp_port = 9899;
  state.listed.lists_more = true;
  state.peer_address = Address(6, 0x20);
  state.terms.capabilities.peer_adaptation = 0x55667788;
  for (uint8_t i = 0; i < 3; i++) state.listed.addresses.push_back(Address(i % 2 ? 6 : 4, static_cast<uint8_t>(100 + i)));
  state.listed.addresses[1].scope_id = 0;  // Not kept.
  return state;
}

std::vector<uint8_t> Sealed(const CookieKeys& keys, const CookieState& state) {
  std::array<uint8_t, CookieKeys::kMaxBytes> out;
  size_t size = keys.Seal(state, out);
  return {out.begin(), out.begin() + static_cast<ptrdiff_t>(size)};
}

TEST("every field survives sealing and opening") {
  CookieKeys keys(KeyOf(1), 0);
  CookieState in = Sample();
  auto out = keys.Open(Sealed(keys, in));
  REQUIRE(out.has_value());
  EXPECT_EQ(out->created, in.created);
  EXPECT_EQ(out->life_ms, in.life_ms);
  EXPECT_EQ(out->terms.local_tag, in.terms.local_tag);
  EXPECT_EQ(out->terms.peer_tag, in.terms.peer_tag);
  EXPECT_EQ(out->terms.local_initial_tsn, in.terms.local_initial_tsn);
  EXPECT_EQ(out->terms.peer_initial_tsn, in.terms.peer_initial_tsn);
  EXPECT_EQ(out->terms.peer_rwnd, in.terms.peer_rwnd);
  EXPECT_EQ(out->terms.capabilities.outbound_streams, in.terms.capabilities.outbound_streams);
  EXPECT_EQ(out->terms.capabilities.inbound_streams, in.terms.capabilities.inbound_streams);
  EXPECT_EQ(out->local_tie_tag, in.local_tie_tag);
  EXPECT_EQ(out->peer_tie_tag, in.peer_tie_tag);
  EXPECT_EQ(out->local_port, in.local_port);
  EXPECT_EQ(out->peer_port, in.peer_port);
  EXPECT_EQ(out->peer_udp_port, in.peer_udp_port);
  EXPECT_EQ(out->listed.lists_more, in.listed.lists_more);
  EXPECT_TRUE(out->peer_address == in.peer_address);
  EXPECT_TRUE(out->terms.capabilities.peer_adaptation == in.terms.capabilities.peer_adaptation);
  EXPECT_TRUE(out->listed.addresses == in.listed.addresses);
}

TEST("as many addresses as fit are kept, the first ones") {
  CookieKeys keys(KeyOf(1), 0);
  for (size_t count = 0; count < 40; count++) {
    CookieState state;
    for (size_t i = 0; i < count; i++) state.listed.addresses.push_back(Address(4, static_cast<uint8_t>(i)));
    auto out = keys.Open(Sealed(keys, state));
    REQUIRE(out.has_value());
    state.listed.addresses.resize(std::min(count, CookieKeys::kMaxOtherAddresses));
    EXPECT_TRUE(out->listed.addresses == state.listed.addresses);
    EXPECT_FALSE(out->listed.lists_more);
  }
}

// An INIT ACK must not be much larger than its INIT. The memory in which a cookie is made may hold anything before.
TEST("a cookie has 96 bytes, and 17 more for each further address, padded; the same state makes the same cookie") {
  const CookieKeys keys(KeyOf(1), 0);
  for (const auto& [addresses, bytes] : {std::pair{0u, 96u}, {1u, 116u}, {2u, 132u}, {4u, 164u}, {16u, 368u}}) {
    CookieState state;
    for (size_t i = 0; i < addresses; i++) state.listed.addresses.push_back(Address(6, 1));
    std::array<uint8_t, CookieKeys::kMaxBytes> clean{}, dirty;
    dirty.fill(0xff);
    EXPECT_EQ(keys.Seal(state, clean), bytes);
    EXPECT_EQ(keys.Seal(state, dirty), bytes);
    EXPECT_TRUE(std::equal(clean.begin(), clean.begin() + bytes, dirty.begin()));
  }
}

TEST("no adaptation and an adaptation of 0 are told apart") {
  CookieKeys keys(KeyOf(1), 0);
  CookieState state;
  EXPECT_FALSE(keys.Open(Sealed(keys, state))->terms.capabilities.peer_adaptation.has_value());
  state.terms.capabilities.peer_adaptation = 0;
  EXPECT_TRUE(keys.Open(Sealed(keys, state))->terms.capabilities.peer_adaptation == 0u);
}

TEST("a cookie with any bit changed is refused") {
  CookieKeys keys(KeyOf(1), 0);
  std::vector<uint8_t> cookie = Sealed(keys, Sample());
  for (size_t i = 0; i < cookie.size(); i++)
    for (int bit = 0; bit < 8; bit++) {
      std::vector<uint8_t> changed = cookie;
      changed[i] ^= static_cast<uint8_t>(1 << bit);
      EXPECT_FALSE(keys.Open(changed).has_value());
    }
}

TEST("a cookie cut short or with bytes behind it is refused") {
  CookieKeys keys(KeyOf(1), 0);
  std::vector<uint8_t> cookie = Sealed(keys, Sample());
  for (size_t length = 0; length < cookie.size(); length++) EXPECT_FALSE(keys.Open(Bytes(cookie).first(length)).has_value());
  cookie.push_back(0);
  EXPECT_FALSE(keys.Open(cookie).has_value());
}

TEST("another engine's cookie is refused") {
  EXPECT_FALSE(CookieKeys(KeyOf(2), 0).Open(Sealed(CookieKeys(KeyOf(1), 0), Sample())).has_value());
  // A key that was never there (all zero) does not count as the one before.
  EXPECT_FALSE(CookieKeys(KeyOf(2), 0).Open(Sealed(CookieKeys(KeyOf(0), 0), Sample())).has_value());
}

TEST("a cookie outlives one change of key, not two") {
  CookieKeys keys(KeyOf(1), 1000);
  EXPECT_FALSE(keys.Due(1000 + CookieKeys::kKeyLifeUs - 1));
  EXPECT_TRUE(keys.Due(1000 + CookieKeys::kKeyLifeUs));
  std::vector<uint8_t> cookie = Sealed(keys, Sample());
  keys.Rotate(KeyOf(2), 1000 + CookieKeys::kKeyLifeUs);
  EXPECT_FALSE(keys.Due(1000 + CookieKeys::kKeyLifeUs));
  EXPECT_TRUE(keys.Open(cookie).has_value());
  EXPECT_TRUE(keys.Open(Sealed(keys, Sample())).has_value());
  EXPECT_TRUE(Sealed(keys, Sample()) != cookie);
  keys.Rotate(KeyOf(3), 1000 + 2 * CookieKeys::kKeyLifeUs);
  EXPECT_FALSE(keys.Open(cookie).has_value());
}

}  // namespace
}  // namespace mailport::sctp::test
