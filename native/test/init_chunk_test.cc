// INIT and INIT ACK: a chunk that is written is read back, every truncation is survived, and unknown parameters are treated by their type.
#include "packet/init_chunk.h"

#include <memory>
#include <vector>

#include "check.h"
#include "hex.h"
#include "random.h"
#include "packet/wire.h"

namespace mailport::sctp::test {
namespace {

const char* kHeader = "01000014 11223344 00010000 000a ffff 00000007";  // Tag, window, 10 and 65535 streams, TSN.

// A chunk of type INIT with the length field put right, parameters in hexadecimal.
std::vector<uint8_t> Chunk(std::string_view params, uint8_t type = kChunkInit) {
  std::vector<uint8_t> chunk = FromHex(kHeader), rest = FromHex(params);
  chunk.insert(chunk.end(), rest.begin(), rest.end());
  chunk[0] = type;
  Store16(chunk.data() + 2, static_cast<uint32_t>(chunk.size()));
  return chunk;
}

IpAddress V4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  IpAddress address;
  address.family = 4;
  address.bytes = {a, b, c, d};
  return address;
}

TEST("an INIT as written is read back") {
  IpAddress v6;
  v6.family = 6;
  v6.bytes = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  std::vector<IpAddress> addresses = {V4(192, 0, 2, 1), v6};
  InitFields fields;
  fields.initiate_tag = 0xdeadbeef, fields.a_rwnd = 65536, fields.initial_tsn = 0xfffffff0;
  fields.outbound_streams = 10, fields.inbound_streams = 65535;
  fields.addresses = addresses;
  fields.adaptation = 0;
  fields.cookie_preservative_ms = 1500;
  uint8_t out[256];
  size_t size = WriteInit(fields, 6, out);
  REQUIRE(size > 0 && size % 4 == 0);
  EXPECT_EQ(out[0], kChunkInit);
  InitChunk init;
  REQUIRE(ParseInit(Bytes(out).first(Load16(out + 2)), &init) == InitError::kNone);
  EXPECT_EQ(init.initiate_tag, 0xdeadbeef);
  EXPECT_EQ(init.a_rwnd, 65536u);
  EXPECT_EQ(init.initial_tsn, 0xfffffff0);
  EXPECT_EQ(init.outbound_streams, 10);
  EXPECT_EQ(init.inbound_streams, 65535);
  EXPECT_TRUE(init.addresses == addresses);
  EXPECT_TRUE(init.adaptation == 0u);
  EXPECT_EQ(init.cookie_preservative_ms, 1500u);
  EXPECT_FALSE(init.has_host_name);
  EXPECT_TRUE(init.report.empty());
}

TEST("an INIT ACK carries the cookie and echoes what was not understood") {
  std::vector<uint8_t> cookie(137), odd = FromHex("c0000007 aabbcc");
  Random(1).Fill(cookie);
  std::vector<Bytes> report = {odd};
  InitFields fields;
  fields.ack = true;
  fields.initiate_tag = 1, fields.a_rwnd = 1500, fields.outbound_streams = 1, fields.inbound_streams = 1;
  fields.cookie = cookie;
  fields.report = report;
  uint8_t out[256];
  size_t size = WriteInit(fields, 4, out);
  REQUIRE(size > 0);
  // The last parameter is 11 bytes: its padding is written, but not in the chunk's length.
  EXPECT_EQ(size, Load16(out + 2) + 1u);
  InitChunk init;
  REQUIRE(ParseInit(Bytes(out).first(Load16(out + 2)), &init) == InitError::kNone);
  EXPECT_TRUE(std::vector<uint8_t>(init.cookie.begin(), init.cookie.end()) == cookie);
  EXPECT_EQ(ToHex(Bytes(out).subspan(size - 12, 12)), "0008000bc0000007aabbcc00");
}

TEST("supported address types follow the family") {
  InitFields fields;
  fields.initiate_tag = 1, fields.outbound_streams = 1, fields.inbound_streams = 1;
  uint8_t out[64];
  EXPECT_EQ(WriteInit(fields, 4, out), 28u);
  EXPECT_EQ(ToHex(Bytes(out).subspan(20, 8)), "000c000600050000");
  EXPECT_EQ(Load16(out + 2), 26u);
  EXPECT_EQ(WriteInit(fields, 6, out), 28u);
  EXPECT_EQ(ToHex(Bytes(out).subspan(20, 8)), "000c000800050006");
}

// Every byte is as it should be, whatever was in the memory before (RFC 9260 sections 3.3.2 and 3.3.3).
TEST("an INIT and an INIT ACK, byte by byte") {
  const std::vector<IpAddress> addresses = {V4(192, 0, 2, 1)};
  const std::vector<uint8_t> cookie = FromHex("aabbcc"), odd = FromHex("c0010005dd");
  const std::vector<Bytes> report = {odd, odd};
  InitFields fields;
  fields.initiate_tag = 0x01020304, fields.a_rwnd = 0x05060708, fields.initial_tsn = 0x090a0b0c;
  fields.outbound_streams = 0x0d0e, fields.inbound_streams = 0x0f10;
  fields.addresses = addresses;
  fields.adaptation = 0x11121314;
  fields.cookie_preservative_ms = 0x15161718;
  fields.cookie = cookie;
  fields.report = report;
  std::vector<uint8_t> out(256, 0xff);
  REQUIRE(WriteInit(fields, 4, out) == 52);
  EXPECT_EQ(ToHex(Bytes(out).first(52)), "01000032" "01020304" "05060708" "0d0e0f10" "090a0b0c" "00050008" "c0000201" "c0060008" "11121314" "00090008"
                                         "15161718" "000c0006" "00050000");
  fields.ack = true;
  out.assign(256, 0xff);
  REQUIRE(WriteInit(fields, 4, out) == 68);
  EXPECT_EQ(ToHex(Bytes(out).first(68)), "02000041" "01020304" "05060708" "0d0e0f10" "090a0b0c" "00070007" "aabbcc00" "00050008" "c0000201" "c0060008"
                                         "11121314" "00080009" "c0010005" "dd000000" "00080009" "c0010005" "dd000000");
  EXPECT_EQ(out[68], 0xff);
}

TEST("writing into too small a space gives 0 and stays inside it") {
  std::vector<uint8_t> cookie(136, 0xab);
  std::vector<IpAddress> addresses = {V4(192, 0, 2, 1)};
  InitFields fields;
  fields.ack = true;
  fields.initiate_tag = 1, fields.outbound_streams = 1, fields.inbound_streams = 1;
  fields.cookie = cookie;
  fields.addresses = addresses;
  uint8_t whole[256];
  size_t needed = WriteInit(fields, 4, whole);
  for (size_t size = 0; size < needed; size++) {
    auto exact = std::make_unique<uint8_t[]>(size);  // So that the address sanitizer sees one byte too many.
    EXPECT_EQ(WriteInit(fields, 4, std::span(exact.get(), size)), 0u);
  }
  EXPECT_EQ(WriteInit(fields, 4, std::span(whole).first(needed)), needed);
}

TEST("an INIT cut at any length is refused, or is whole as far as it goes") {
  std::vector<uint8_t> whole = Chunk("00050008 c0000201 00060014 20010db8000000000000000000000001 00090008 000003e8 c0060008 00000005 000c0006 0005");
  for (size_t length = 0; length <= whole.size(); length++) {
    auto exact = std::make_unique<uint8_t[]>(length);
    if (length > 0) std::memcpy(exact.get(), whole.data(), length);
    InitChunk init;
    InitError error = ParseInit(Bytes(exact.get(), length), &init);
    bool between_params = length == 20 || length == 28 || length == 48 || length == 56 || length == 64 || length == whole.size();
    if (!EXPECT_EQ(error, between_params ? InitError::kNone : InitError::kTruncated)) check::Note("length " + std::to_string(length));
  }
}

// A receiver takes the chunk whether or not the final padding is in its length (RFC 9260 section 3.3.2).
TEST("the last parameter's padding may be in the chunk's length") {
  InitChunk init;
  EXPECT_EQ(ParseInit(Chunk("000c0006 0005 0000"), &init), InitError::kNone);
}

TEST("a tag of 0 and no streams are refused") {
  for (auto [offset, bytes, error] : {std::tuple{4, 4, InitError::kZeroTag}, {12, 2, InitError::kZeroStreams}, {14, 2, InitError::kZeroStreams}}) {
    std::vector<uint8_t> chunk = Chunk("");
    std::fill_n(chunk.begin() + offset, bytes, 0);
    InitChunk init;
    EXPECT_EQ(ParseInit(chunk, &init), error);
  }
}

TEST("a parameter of a length that its type forbids is refused") {
  for (const char* params : {"00050007 c00002 00", "00050009 c000020105 000000", "00060008 20010db8", "00090006 0001 0000", "c0060006 0001 0000",
                             "00050003", "80000000", "00050000"}) {
    InitChunk init;
    check::Note(params);
    EXPECT_EQ(ParseInit(Chunk(params), &init), InitError::kBadParameter);
  }
}

// RFC 9260 section 3.2.1. A known parameter (an address) comes behind the unknown one.
TEST("the upper two bits of an unknown type say whether to stop and whether to report") {
  struct Case {
    const char* params;
    bool stops, reports;
  };
  for (auto [params, stops, reports] : {Case{"3fff0006 abcd 0000", true, false}, Case{"7fff0006 abcd 0000", true, true},
                                        Case{"bfff0006 abcd 0000", false, false}, Case{"ffff0006 abcd 0000", false, true}}) {
    check::Note(params);
    std::vector<uint8_t> chunk = Chunk(std::string(params) + "00050008 c0000201");
    InitChunk init;
    EXPECT_EQ(ParseInit(chunk, &init), InitError::kNone);
    EXPECT_EQ(init.addresses.size(), stops ? 0u : 1u);
    EXPECT_EQ(init.report.size(), reports ? 1u : 0u);
    if (init.report.size() == 1) EXPECT_EQ(ToHex(init.report[0]), std::string(params).substr(0, 8) + "abcd");
  }
}

TEST("addresses that name no single host are left out") {
  std::vector<uint8_t> chunk = Chunk(
      "00050008 00000000 00050008 e0000001 00050008 ffffffff 00050008 7f000001"
      "00060014 00000000000000000000000000000000 00060014 ff020000000000000000000000000001 00060014 00000000000000000000ffffc0000201"
      "00060014 00000000000000000000000000000001");
  InitChunk init;
  EXPECT_EQ(ParseInit(chunk, &init), InitError::kNone);
  REQUIRE(init.addresses.size() == 2);
  EXPECT_TRUE(init.addresses[0] == V4(127, 0, 0, 1));
  EXPECT_EQ(init.addresses[1].family, 6);
}

TEST("a host name is noticed, cookies and echoes in an INIT are not") {
  InitChunk init;
  EXPECT_EQ(ParseInit(Chunk("000b0008 61626300 00070008 01020304 00080008 c0000004"), &init), InitError::kNone);
  EXPECT_TRUE(init.has_host_name);
  EXPECT_TRUE(init.cookie.empty());
  EXPECT_TRUE(init.report.empty());
  InitChunk ack;  // Points into the chunk.
  std::vector<uint8_t> chunk = Chunk("00070008 01020304 00080008 c0000004", kChunkInitAck);
  EXPECT_EQ(ParseInit(chunk, &ack), InitError::kNone);
  EXPECT_EQ(ToHex(ack.cookie), "01020304");
  EXPECT_TRUE(ack.report.empty());
}

TEST("more addresses, reports and parameters than anybody needs are bounded") {
  std::string addresses, reports, many;
  for (int i = 0; i < 100; i++) addresses += "00050008 0a000001", reports += "c0010004";
  for (int i = 0; i < 300; i++) many += "80010004";
  InitChunk init;
  EXPECT_EQ(ParseInit(Chunk(addresses + reports), &init), InitError::kNone);
  EXPECT_EQ(init.addresses.size(), 64u);
  EXPECT_EQ(init.report.size(), 64u);
  EXPECT_EQ(ParseInit(Chunk(many), &init), InitError::kTooManyParameters);
}

TEST("random bytes are read without going outside them") {
  for (uint64_t seed : check::Seeds(20'000)) {
    Random random(seed);
    size_t length = random.Below(120);
    auto exact = std::make_unique<uint8_t[]>(length);
    random.Fill({exact.get(), length});
    // Small lengths, so that the walk over the parameters goes far.
    for (size_t i = 22; i < length; i += 4)
      if (random.Chance(0.7)) exact[i] = 0;
    InitChunk init;
    ParseInit(Bytes(exact.get(), length), &init);
    for (Bytes report : init.report) EXPECT_TRUE(report.data() >= exact.get() && report.data() + report.size() <= exact.get() + length);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
