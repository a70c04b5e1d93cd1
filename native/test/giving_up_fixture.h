// An association's sending side that may give up messages, as the peer agreed to (RFC 3758).
#pragma once

#include <optional>
#include <utility>

#include "outbound_fixture.h"
#include "packet/forward_tsn_chunk.h"

namespace mailport::sctp::test {

struct Sending : Fixture {
  Sending() { out.SetPartialReliability(true); }
  void OnGivenUp(PrPolicy policy, bool sent) override { given_up.push_back(std::to_string(static_cast<int>(policy)) + (sent ? " sent" : " unsent")); }
  void Lose() { out.MarkAllLost(paths, path); }
  // The chunks to be skipped: "last TSN:stream,number …".
  std::string Skipped(size_t most = 1000) {
    if (!out.HasSkipped()) return "";
    std::vector<SkippedStream> streams;
    uint64_t end = 0;
    std::string text = std::to_string(out.outstanding().ListSkipped(most, &streams, &end) - kTsn) + ":";
    for (const SkippedStream& each : streams) text += (text.back() == ':' ? "" : " ") + std::to_string(each.stream) + "," + std::to_string(each.ssn);
    return text;
  }
  bool MakeRoom(std::optional<uint32_t> value) {
    size_t released = 0;
    const size_t held = out.held_bytes();
    const bool made = out.GiveUpLeastImportant(value, 1000, *this, &released);
    EXPECT_EQ(held - out.held_bytes(), released);
    return made;
  }
  Strings Texts() {
    Strings texts;
    for (const Failed& each : std::exchange(failed, {})) texts.push_back(each.text + (each.transmitted ? " sent" : " unsent"));
    return texts;
  }

  Strings given_up;
};

constexpr uint32_t kTtl = kFlagPrTtl, kRtx = kFlagPrRtx, kPrio = kFlagPrPrio;

}  // namespace mailport::sctp::test
