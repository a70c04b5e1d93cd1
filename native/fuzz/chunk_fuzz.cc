// The readers of chunks, parameters and causes: whatever the bytes are, nothing beyond them is read, and what is read points into them. The engine's reader
// and the tests' own one find the same chunks. What was read can be written, and reads the same again.
#include <memory>
#include <vector>

#include "../src/sctp/packet/crc32c.h"
#include "../src/sctp/packet/error_causes.h"
#include "../src/sctp/packet/heartbeat_chunk.h"
#include "../src/sctp/packet/idata_chunk.h"
#include "../src/sctp/packet/iforward_tsn_chunk.h"
#include "../src/sctp/packet/init_chunk.h"
#include "../src/sctp/packet/reconfig_chunk.h"
#include "../src/sctp/packet/sack_chunk.h"
#include "../src/sctp/packet/shutdown_chunk.h"
#include "../test/check.h"
#include "../test/packets.h"
#include "input.h"
#include "work.h"

namespace mailport::fuzz {
namespace {

using sctp::Chunk;
using sctp::InitChunk;
using sctp::InitError;

constexpr size_t kMaxKept = 64;           // Addresses, and reports, that ParseInit promises to keep at most.
// Wide bounds: they are to find work that grows faster than the packet.
constexpr uint64_t kWorkPerByte = 100;
constexpr uint64_t kWorkPerPacket = 2000;

void ExpectWithin(Bytes whole, Bytes part) {
  EXPECT_TRUE(part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()));
}

void ExpectSame(const InitChunk& a, const InitChunk& b) {
  EXPECT_TRUE(a.initiate_tag == b.initiate_tag && a.a_rwnd == b.a_rwnd && a.initial_tsn == b.initial_tsn);
  EXPECT_TRUE(a.outbound_streams == b.outbound_streams && a.inbound_streams == b.inbound_streams);
  EXPECT_TRUE(a.addresses == b.addresses && a.adaptation == b.adaptation && a.cookie_preservative_ms == b.cookie_preservative_ms);
  EXPECT_EQ(a.forward_tsn, b.forward_tsn);
  EXPECT_TRUE(std::ranges::equal(a.extensions.types(), b.extensions.types()) && a.error_detection == b.error_detection);
  EXPECT_TRUE(std::equal(a.cookie.begin(), a.cookie.end(), b.cookie.begin(), b.cookie.end()));
}

void ExpectReadsAgain(const InitChunk& init, bool ack) {
  sctp::InitFields fields;
  fields.ack = ack;
  fields.initiate_tag = init.initiate_tag;
  fields.a_rwnd = init.a_rwnd;
  fields.initial_tsn = init.initial_tsn;
  fields.outbound_streams = init.outbound_streams;
  fields.inbound_streams = init.inbound_streams;
  fields.addresses = init.addresses;
  fields.adaptation = init.adaptation;
  fields.forward_tsn = init.forward_tsn;
  fields.extensions = init.extensions;
  fields.error_detection = init.error_detection;
  fields.cookie_preservative_ms = init.cookie_preservative_ms;
  fields.cookie = init.cookie;
  fields.report = init.report;
  std::vector<uint8_t> out(UINT16_MAX);
  const size_t bytes = sctp::WriteInit(fields, 6, out);
  if (bytes == 0) return;  // The reports, each with a header more, may be too long for one chunk.
  InitChunk again;
  const size_t length = sctp::Load16(&out[2]);
  EXPECT_TRUE(length <= bytes && bytes == sctp::Padded(length));
  EXPECT_EQ(static_cast<int>(sctp::ParseInit(Bytes(out).first(length), &again)), static_cast<int>(InitError::kNone));
  ExpectSame(init, again);
}

void ReadInit(const Chunk& chunk) {
  InitChunk init;
  const InitError error = sctp::ParseInit(chunk.bytes, &init);
  EXPECT_TRUE(init.addresses.size() <= kMaxKept && init.report.size() <= kMaxKept);
  ExpectWithin(chunk.bytes, init.cookie);
  for (const Bytes report : init.report) ExpectWithin(chunk.bytes, report);
  if (error == InitError::kNone) ExpectReadsAgain(init, chunk.type == sctp::kChunkInitAck);
}

void ReadData(const Chunk& chunk) {
  sctp::DataChunk data;
  if (!sctp::ParseData(chunk, &data)) return;
  ExpectWithin(chunk.bytes, data.payload);
  uint8_t header[sctp::kDataHeaderBytes];
  sctp::WriteDataHeader(data, data.payload.size(), header);
  EXPECT_TRUE(std::equal(std::begin(header), std::end(header), chunk.bytes.begin()));
}

void ReadIData(const Chunk& chunk) {
  sctp::DataChunk data;
  if (!sctp::ParseIData(chunk, &data)) return;
  ExpectWithin(chunk.bytes, data.payload);
  uint8_t header[sctp::kIDataHeaderBytes];
  sctp::WriteIDataHeader(data, data.payload.size(), header);
  std::copy_n(chunk.bytes.begin() + 10, 2, header + 10);  // Reserved.
  EXPECT_TRUE(std::equal(std::begin(header), std::end(header), chunk.bytes.begin()));
}

void ReadSack(const Chunk& chunk) {
  sctp::SackChunk sack;
  if (!sctp::ParseSack(chunk, &sack)) return;
  ExpectWithin(chunk.bytes, sack.gap_blocks);
  for (size_t i = 0; i < sack.blocks(); i++) (void)sctp::GapBlockAt(sack.gap_blocks, i);
}

void ReadForwardTsn(const Chunk& chunk) {
  sctp::ForwardTsnChunk forward;
  if (!sctp::ParseForwardTsn(chunk, &forward)) return;
  ExpectWithin(chunk.bytes, forward.skipped);
  std::vector<sctp::SkippedStream> streams;
  for (size_t i = 0; i < forward.streams(); i++) streams.push_back(forward.StreamAt(i));
  std::vector<uint8_t> again(chunk.bytes.size());
  (forward.interleaved ? sctp::WriteIForwardTsn : sctp::WriteForwardTsn)(forward.cumulative_tsn, streams, again.data());
  again[1] = chunk.flags;
  for (size_t at = sctp::kForwardTsnHeaderBytes; forward.interleaved && at < again.size(); at += sctp::SkippedStreamBytes(true)) {
    again[at + 2] = chunk.bytes[at + 2];  // Reserved, as are the other bits of the U bit's byte.
    again[at + 3] |= chunk.bytes[at + 3] & 0xfe;
  }
  EXPECT_TRUE(std::equal(again.begin(), again.end(), chunk.bytes.begin(), chunk.bytes.end()));
}

void ReadReconfig(const Chunk& chunk) {
  sctp::ReconfigChunk reconfig;
  if (!sctp::ParseReconfig(chunk, &reconfig)) return;
  EXPECT_TRUE(reconfig.count <= reconfig.params.size());
  for (const Bytes report : reconfig.report) ExpectWithin(chunk.bytes, report);
  std::vector<uint8_t> value;
  for (size_t i = 0; i < reconfig.count; i++) {
    ExpectWithin(chunk.bytes, reconfig.params[i].streams);
    for (size_t at = 0; at < reconfig.params[i].stream_count(); at++) (void)reconfig.params[i].StreamAt(at);
    sctp::WriteReconfigParam(reconfig.params[i], &value);
  }
  if (reconfig.count == 0) return;
  std::vector<uint8_t> whole(sctp::kChunkHeaderBytes), value_again;
  whole.insert(whole.end(), value.begin(), value.end());
  sctp::ReconfigChunk again;
  EXPECT_TRUE(sctp::ParseReconfig({chunk.type, chunk.flags, whole}, &again) && again.count == reconfig.count);
  for (size_t i = 0; i < again.count; i++) sctp::WriteReconfigParam(again.params[i], &value_again);
  EXPECT_TRUE(value == value_again);
}

void ReadCauses(const Chunk& chunk) {
  uint32_t staleness_us = 0;
  (void)sctp::ParseStaleCookie(chunk.value(), &staleness_us);
  if (!sctp::CausesAreWhole(chunk.value()) || chunk.value().empty()) return;
  const Bytes first = chunk.value();
  const std::vector<uint8_t> again = sctp::CauseValue(static_cast<sctp::Cause>(sctp::Load16(first.data()) | 1),
                                                      first.subspan(sctp::kCauseHeaderBytes, sctp::Load16(&first[2]) - sctp::kCauseHeaderBytes));
  EXPECT_TRUE(sctp::CausesAreWhole(again));
}

void ReadChunk(const Chunk& chunk) {
  switch (chunk.type) {
    case sctp::kChunkData:
      return ReadData(chunk);
    case sctp::kChunkInit:
    case sctp::kChunkInitAck:
      return ReadInit(chunk);
    case sctp::kChunkSack:
      return ReadSack(chunk);
    case sctp::kChunkReconfig:
      return ReadReconfig(chunk);
    case sctp::kChunkHeartbeatAck:
      EXPECT_FALSE(sctp::HeartbeatInfo(1).Is(chunk.value()) && chunk.value().size() != 12);
      return;
    case sctp::kChunkAbort:
    case sctp::kChunkError:
      return ReadCauses(chunk);
    case sctp::kChunkIData:
      return ReadIData(chunk);
    case sctp::kChunkForwardTsn:
    case sctp::kChunkIForwardTsn:
      return ReadForwardTsn(chunk);
    case sctp::kChunkShutdown: {
      uint32_t cumulative_tsn = 0;
      (void)sctp::ParseShutdown(chunk, &cumulative_tsn);
      return;
    }
    default:
      return;
  }
}

void ReadPacket(Bytes packet) {
  sctp::PacketHeader header;
  std::vector<uint8_t> fixed(packet.begin(), packet.end());
  sctp::test::FixChecksum(&fixed);
  (void)sctp::ParsePacket(packet, &header);
  const bool good = fixed.size() >= 16 && sctp::Load16(fixed.data()) != 0 && sctp::Load16(&fixed[2]) != 0;
  EXPECT_EQ(sctp::ParsePacket(fixed, &header), good);
  const auto view = sctp::test::ParsePacket(packet);
  if (packet.size() < sctp::kCommonHeaderBytes) return;
  sctp::ChunkReader reader(packet);
  Chunk chunk;
  size_t count = 0;
  for (; reader.Next(&chunk); count++) {
    ExpectWithin(packet, chunk.bytes);
    if (view) EXPECT_TRUE(count < view->chunks.size() && view->chunks[count].whole.data() == chunk.bytes.data());
    ReadChunk(chunk);
  }
  EXPECT_EQ(view.has_value(), !reader.broken());
  if (view) EXPECT_EQ(view->chunks.size(), count);
}

}  // namespace
}  // namespace mailport::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const uint64_t before = mailport::fuzz::WorkDone();
  mailport::fuzz::ReadPacket({data, size});
  EXPECT_TRUE(mailport::fuzz::WorkDone() - before <= mailport::fuzz::kWorkPerPacket + mailport::fuzz::kWorkPerByte * size);
  return 0;
}
