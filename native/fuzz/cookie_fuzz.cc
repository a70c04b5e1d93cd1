// Cookies: only a cookie that we have signed opens, and gives what was sealed in it. Behind the signature the layout is read safely whatever it is.
#include <array>
#include <vector>

#include "../src/sctp/cookie.h"
#include "../test/check.h"
#include "input.h"

namespace mailport::fuzz {
namespace {

using sctp::CookieKeys;
using sctp::CookieState;

constexpr CookieKeys::Key kKey{1, 2, 3};
constexpr size_t kSignatureBytes = 16;

sctp::IpAddress AddressFrom(Input& input) {
  sctp::IpAddress address;
  address.family = input.Bit() ? 6 : 4;
  const Bytes bytes = input.Take(address.family == 4 ? 4 : 16);
  std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
  return address;
}

CookieState StateFrom(Input& input) {
  CookieState state;
  state.created = static_cast<uint64_t>(input.Word()) << 32 | input.Word();
  state.life_ms = input.Word();
  state.terms.local_tag = input.Word();
  state.terms.peer_tag = input.Word();
  state.terms.local_initial_tsn = input.Word();
  state.terms.peer_initial_tsn = input.Word();
  state.terms.peer_rwnd = input.Word();
  state.terms.capabilities.outbound_streams = input.Short();
  state.terms.capabilities.inbound_streams = input.Short();
  const uint8_t extensions = input.Byte();
  if ((extensions & 1) != 0) state.terms.capabilities.peer_adaptation = input.Word();
  state.terms.capabilities.partial_reliability = (extensions & 2) != 0;
  state.local_tie_tag = input.Word();
  state.peer_tie_tag = input.Word();
  state.local_port = input.Short();
  state.peer_port = input.Short();
  state.peer_udp_port = input.Short();
  state.peer_address = AddressFrom(input);
  state.peer_address.scope_id = input.Byte();
  state.listed.lists_more = input.Bit();
  for (uint32_t count = input.Below(20); count > 0; count--) state.listed.addresses.push_back(AddressFrom(input));
  return state;
}

std::vector<uint8_t> Sealed(const CookieKeys& keys, const CookieState& state) {
  std::array<uint8_t, CookieKeys::kMaxBytes> out;
  const size_t bytes = keys.Seal(state, out);
  return {out.begin(), out.begin() + static_cast<ptrdiff_t>(bytes)};
}

void ExpectSame(const CookieState& a, const CookieState& b) {
  EXPECT_TRUE(a.created == b.created && a.life_ms == b.life_ms);
  EXPECT_TRUE(a.terms.local_tag == b.terms.local_tag && a.terms.peer_tag == b.terms.peer_tag && a.terms.peer_rwnd == b.terms.peer_rwnd);
  EXPECT_TRUE(a.terms.local_initial_tsn == b.terms.local_initial_tsn && a.terms.peer_initial_tsn == b.terms.peer_initial_tsn);
  EXPECT_TRUE(a.terms.capabilities.outbound_streams == b.terms.capabilities.outbound_streams);
  EXPECT_TRUE(a.terms.capabilities.inbound_streams == b.terms.capabilities.inbound_streams);
  EXPECT_TRUE(a.terms.capabilities.peer_adaptation == b.terms.capabilities.peer_adaptation);
  EXPECT_EQ(a.terms.capabilities.partial_reliability, b.terms.capabilities.partial_reliability);
  EXPECT_TRUE(a.local_tie_tag == b.local_tie_tag && a.peer_tie_tag == b.peer_tie_tag);
  EXPECT_TRUE(a.local_port == b.local_port && a.peer_port == b.peer_port && a.peer_udp_port == b.peer_udp_port);
  EXPECT_TRUE(a.peer_address == b.peer_address && a.listed.lists_more == b.listed.lists_more);
  const size_t kept = std::min(a.listed.addresses.size(), CookieKeys::kMaxOtherAddresses);
  EXPECT_EQ(b.listed.addresses.size(), kept);
  for (size_t i = 0; i < kept; i++) EXPECT_TRUE(a.listed.addresses[i] == b.listed.addresses[i]);
}

// Sealed, changed by one bit, and kept over one change of the key and over two.
void SealAndOpen(Input& input) {
  CookieKeys keys(kKey, 0);
  const CookieState state = StateFrom(input);
  std::vector<uint8_t> cookie = Sealed(keys, state);
  const std::optional<CookieState> opened = keys.Open(cookie);
  EXPECT_TRUE(opened.has_value());
  ExpectSame(state, *opened);
  const size_t bit = input.Short() % (8 * cookie.size());
  cookie[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  EXPECT_FALSE(keys.Open(cookie).has_value());
  cookie[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  keys.Rotate({4}, 1);
  EXPECT_TRUE(keys.Open(cookie).has_value());
  keys.Rotate({5}, 2);
  EXPECT_FALSE(keys.Open(cookie).has_value());
}

// The bytes as they are, then with our signature behind them.
void OpenForeign(Bytes content) {
  const CookieKeys keys(kKey, 0);
  EXPECT_FALSE(keys.Open(content).has_value());
  std::vector<uint8_t> cookie(content.begin(), content.end());
  const sctp::Digest digest = sctp::HmacSha256(kKey, content);
  cookie.insert(cookie.end(), digest.begin(), digest.begin() + kSignatureBytes);
  const std::optional<CookieState> opened = keys.Open(cookie);
  if (!opened) return;
  EXPECT_TRUE(opened->listed.addresses.size() <= CookieKeys::kMaxOtherAddresses);
  const std::optional<CookieState> again = keys.Open(Sealed(keys, *opened));
  EXPECT_TRUE(again.has_value());
  ExpectSame(*opened, *again);
}

}  // namespace
}  // namespace mailport::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mailport::fuzz::Input input(data, size);
  if (input.Bit()) {
    mailport::fuzz::SealAndOpen(input);
  } else {
    mailport::fuzz::OpenForeign(input.Rest());
  }
  return 0;
}
