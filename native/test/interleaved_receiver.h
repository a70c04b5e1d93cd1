// A receiving side with interleaving. The peer is the test.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "check.h"
#include "packet/iforward_tsn_chunk.h"
#include "packet/wire.h"
#include "rx/inbound.h"

namespace mailport::sctp::test {

constexpr uint32_t kTsn = 0xfffffff0;  // The numbers wrap in the middle.
constexpr uint32_t kPpid = 9;
constexpr size_t kWindow = 100'000;
constexpr uint8_t kB = kDataBegin, kE = kDataEnd, kU = kDataUnordered, kWhole = kB | kE;

struct Reader : InboundSink {
  bool OnMessage(const InboundMessage& message, Bytes payload, std::vector<uint8_t>*) override {
    if (!takes) return false;
    EXPECT_EQ(message.ppid, kPpid);
    told += (told.empty() ? "" : " ") + std::to_string(message.stream) + (message.unordered ? "u" : ".") + std::to_string(message.ssn) + "=" +
            (payload.size() > 20 ? std::to_string(payload.size()) : std::string(payload.begin(), payload.end()));
    return true;
  }
  bool IsReading() const override { return takes; }
  size_t HoldLimit() const override { return limit; }
  bool MayOutgrowLimit(size_t bytes) const override { return bytes <= room; }
  void OnStuck() override { ++stuck; }
  std::string Told() { return std::exchange(told, {}); }
  std::string told;
  bool takes = true;
  int stuck = 0;
  size_t limit = SIZE_MAX, room = SIZE_MAX;
};

// What a message costs beside its payload while it is one piece.
constexpr size_t kAround = InterleavedReassembly::kMessageOverheadBytes + InterleavedReassembly::kRunOverheadBytes + Pieces::kOverheadBytes;

struct Receiver {
  explicit Receiver(bool gives_up = false, uint16_t streams = 10) {
    in.SetWindow(kWindow);
    in.Reset(kTsn, streams, gives_up, true);
  }
  // The next TSN, unless `at` says which, as an offset from the first one.
  DataResult Data(uint16_t stream, uint32_t mid, uint32_t fsn, const std::string& text, uint8_t flags, int64_t at = -1) {
    const uint32_t tsn = at >= 0 ? static_cast<uint32_t>(at) : next++;
    return in.OnData({kTsn + tsn, stream, mid, (flags & kB) != 0 ? kPpid : 0, flags, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, fsn});
  }
  bool Forward(uint32_t tsn, std::initializer_list<SkippedStream> skipped) {
    std::vector<uint8_t> bytes(kForwardTsnHeaderBytes + SkippedStreamBytes(true) * skipped.size());
    WriteIForwardTsn(kTsn + tsn, {skipped.begin(), skipped.end()}, bytes.data());
    ForwardTsnChunk forward;
    REQUIRE(ParseForwardTsn({bytes[0], bytes[1], bytes}, &forward));
    return in.OnForwardTsn(forward);
  }
  uint32_t next = 0;
  Reader reader;
  Inbound::Pool pool;
  Inbound in{reader, pool};
};

}  // namespace mailport::sctp::test
