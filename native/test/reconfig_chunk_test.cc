// RE-CONFIG by itself (RFC 6525 sections 3 and 4): bytes as the document draws them, lengths, padding, and parameters that nobody knows.
#include "check.h"
#include "hex.h"
#include "packet/reconfig_chunk.h"
#include "packets.h"

namespace mailport::sctp::test {
namespace {

std::vector<uint8_t> Written(std::initializer_list<ReconfigParam> params) {
  std::vector<uint8_t> value;
  for (const ReconfigParam& param : params) WriteReconfigParam(param, &value);
  return value;
}

bool Parses(const std::vector<uint8_t>& value, ReconfigChunk* reconfig) {
  std::vector<uint8_t> chunk(kChunkHeaderBytes);
  chunk.insert(chunk.end(), value.begin(), value.end());
  static std::vector<uint8_t> kept;  // Streams point into the chunk.
  kept = chunk;
  return ParseReconfig({kChunkReconfig, 0, kept}, reconfig);
}

const std::vector<uint8_t> kStreams{0, 1, 0xff, 0xfe, 0, 3};

ReconfigParam Param(uint16_t type) {
  ReconfigParam param;
  param.type = type;
  param.sequence = 0x01020304;
  if (type == kParamResetOutgoing || type == kParamResetIncoming) param.streams = kStreams;
  if (type == kParamResetOutgoing) param.answers = 0x05060708, param.last_tsn = 0x090a0b0c;
  if (type == kParamAddOutgoing || type == kParamAddIncoming) param.streams_added = 0x0102;
  if (type == kParamReconfigResponse) param.result = ReconfigResult::kInProgress;
  return param;
}

TEST("§4.1 to §4.6: each parameter byte by byte") {
  EXPECT_EQ(Written({Param(kParamResetOutgoing)}), FromHex("000d 0016 01020304 05060708 090a0b0c 0001 fffe 0003"));
  EXPECT_EQ(Written({Param(kParamResetIncoming)}), FromHex("000e 000e 01020304 0001 fffe 0003"));
  EXPECT_EQ(Written({Param(kParamRestart)}), FromHex("000f 0008 01020304"));
  EXPECT_EQ(Written({Param(kParamReconfigResponse)}), FromHex("0010 000c 01020304 00000006"));
  EXPECT_EQ(Written({Param(kParamAddOutgoing)}), FromHex("0011 000c 01020304 0102 0000"));
  EXPECT_EQ(Written({Param(kParamAddIncoming)}), FromHex("0012 000c 01020304 0102 0000"));
  ReconfigParam restarted = Param(kParamReconfigResponse);
  restarted.tsns = RestartTsns{0x11121314, 0x21222324};
  EXPECT_EQ(Written({restarted}), FromHex("0010 0014 01020304 00000006 11121314 21222324"));
  // The second one begins at a multiple of four. The padding of the last one is not the chunk's.
  EXPECT_EQ(Written({Param(kParamResetOutgoing), Param(kParamResetIncoming)}),
            FromHex("000d 0016 01020304 05060708 090a0b0c 0001 fffe 0003 0000 000e 000e 01020304 0001 fffe 0003"));
}

TEST("what was written reads the same, in either order") {
  for (const auto& [first, second] : {std::pair{kParamResetOutgoing, kParamResetIncoming}, {kParamResetIncoming, kParamResetOutgoing},
                                      {kParamAddOutgoing, kParamAddIncoming}, {kParamReconfigResponse, kParamReconfigResponse},
                                      {kParamReconfigResponse, kParamResetOutgoing}}) {
    ReconfigChunk reconfig;
    REQUIRE(Parses(Written({Param(first), Param(second)}), &reconfig) && reconfig.count == 2);
    EXPECT_EQ(Written({reconfig.params[0], reconfig.params[1]}), Written({Param(first), Param(second)}));
  }
  ReconfigChunk three;
  EXPECT_FALSE(Parses(Written({Param(kParamReconfigResponse), Param(kParamReconfigResponse), Param(kParamReconfigResponse)}), &three));
}

TEST("RFC 9260 §3.2.1: unknown parameters, by the two upper bits of their types: what follows counts or not, and is reported or not") {
  for (const auto& [bits, goes_on, reports] : {std::tuple{0x0000, false, false}, {0x4000, false, true}, {0x8000, true, false}, {0xc000, true, true}}) {
    std::vector<uint8_t> value = FromHex("0099 0005 aa000000");
    Store16(&value[0], static_cast<uint32_t>(bits | 0x99));
    const auto known = Written({Param(kParamRestart)});
    std::vector<uint8_t> before = value, behind = known;
    before.insert(before.end(), known.begin(), known.end());
    behind.insert(behind.end(), value.begin(), value.end());
    for (const bool is_first : {true, false}) {
      ReconfigChunk reconfig;
      EXPECT_TRUE(Parses(is_first ? before : behind, &reconfig));
      EXPECT_EQ(reconfig.count, !is_first || goes_on ? 1 : 0);
      REQUIRE(reconfig.report.size() == (reports ? 1u : 0u));
      if (reports) EXPECT_EQ(reconfig.report[0].size(), 5u);
    }
  }
}

}  // namespace
}  // namespace mailport::sctp::test
