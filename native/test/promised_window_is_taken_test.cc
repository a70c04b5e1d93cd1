// A window that closes while packets are under way: bytes that the peer was told it might send must be taken, or they come a timeout later.
#include <vector>

#include "check.h"
#include "rx/inbound.h"

namespace mailport::sctp {
namespace {

// An application that reads nothing.
struct Asleep : InboundSink {
  bool OnMessage(const InboundMessage&, Bytes, std::vector<uint8_t>*) override { return false; }
  bool IsReading() const override { return false; }
  void OnStuck() override {}
  size_t HoldLimit() const override { return SIZE_MAX; }
  bool MayOutgrowLimit(size_t) const override { return true; }
};

constexpr size_t kWindow = 64 * 1024;
constexpr size_t kMessage = 64;

struct Receiving {
  Receiving() {
    inbound.SetWindow(kWindow);
    inbound.Reset(tsn, 1);
  }
  DataResult Receive() {
    const std::vector<uint8_t> payload(kMessage, 'x');
    DataChunk chunk;
    chunk.tsn = tsn;
    chunk.ssn = ssn;
    chunk.flags = 3;  // A whole message.
    chunk.payload = payload;
    const DataResult result = inbound.OnData(chunk);
    if (result != DataResult::kAccepted) return result;
    ++tsn;
    ++ssn;
    return result;
  }
  void Acknowledge() {
    std::vector<uint8_t> chunk(inbound.SackBytes(1000));
    inbound.WriteSack(chunk.data(), chunk.size());
  }

  Asleep asleep;
  Inbound::Pool pool;
  Inbound inbound{asleep, pool};
  uint32_t tsn = 1;
  uint16_t ssn = 0;
};

TEST("data that was on its way when the window closed is taken, and nothing beyond the promised window") {
  Receiving r;
  size_t bytes = 0;
  // With their cost beside the payload, less than half of a window's worth of messages closes the window.
  while (r.inbound.AdvertisedWindow() > 0) {
    REQUIRE(r.Receive() == DataResult::kAccepted);
    bytes += kMessage;
  }
  EXPECT_TRUE(bytes < kWindow / 2);
  r.Acknowledge();
  while (bytes + kMessage <= kWindow) {
    REQUIRE(r.Receive() == DataResult::kAccepted);
    bytes += kMessage;
  }
  EXPECT_TRUE(r.Receive() == DataResult::kDropped);
  r.Acknowledge();
  EXPECT_TRUE(r.Receive() == DataResult::kDropped);
  // There is room again, and the peer is told.
  for (size_t at = 0; at < bytes; at += kMessage) r.inbound.OnConsumed(kMessage);
  r.Acknowledge();
  EXPECT_TRUE(r.Receive() == DataResult::kAccepted);
}

}  // namespace
}  // namespace mailport::sctp
