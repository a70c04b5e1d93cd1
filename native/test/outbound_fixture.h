// An association's sending side, without the association: messages go in, chunks come out as text, and SACKs are made of offsets.
#pragma once

#include <string>
#include <vector>

#include "check.h"
#include "one_path.h"
#include "packets.h"

namespace mailport::sctp::test {

constexpr uint32_t kTsn = 0xfffffffd;  // Near the end of the numbers.
constexpr uint32_t kOverhead = 32;     // Of the peer's window, for each chunk.
constexpr TimeUs kStart = 1'000'000;

struct Failed {
  std::string text;
  bool transmitted;
  uint32_t stream, ssn, flags, ppid, context, lifetime;
  bool operator==(const Failed&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Failed& failed) {
  return out << failed.text << '/' << failed.transmitted << '/' << failed.stream << '/' << failed.ssn << '/' << failed.flags << '/' << failed.ppid;
}

struct Fixture : OutboundSink, OnePath {
  Fixture() : OnePath(1000) { out.Reset(kTsn, 100'000); }
  void OnSendFailed(const FailedSend& f) override {
    failed.push_back({std::string(f.payload.begin(), f.payload.end()), f.transmitted, f.stream, f.ssn, f.flags, f.ppid, f.context, f.time_to_live_ms});
  }
  void Push(const std::string& text, uint32_t stream = 0, uint32_t flags = 0, uint32_t lifetime_ms = 0) {
    SendParams params;
    params.stream = stream, params.flags = flags, params.ppid = 7, params.context = 8, params.time_to_live_ms = lifetime_ms;
    out.Push(params, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, now);
  }
  // Sends everything, in chunks of at most that size; gives the chunks written: "TSN+n:flags:stream,ssn:payload".
  std::vector<std::string> SendAll(size_t fragment = 1000) {
    std::vector<std::string> written;
    size_t released = 0;
    for (size_t bytes = out.NextNewBytes(fragment, now, *this, &released); bytes != 0; bytes = out.NextNewBytes(fragment, now, *this, &released)) {
      std::vector<uint8_t> chunk(16 + bytes);
      out.WriteNew(bytes, true, now, path, chunk.data());
      written.push_back(Show(chunk));
    }
    return written;
  }
  std::vector<std::string> SendLost() {
    std::vector<std::string> written;
    for (;;) {
      out.GiveUpLost(1000, now, *this);
      const size_t bytes = out.NextRetransmissionBytes();
      if (bytes == 0) break;
      std::vector<uint8_t> chunk(16 + bytes);
      out.WriteRetransmission(paths, path, now, chunk.data());
      written.push_back(Show(chunk));
    }
    return written;
  }
  static std::string Show(const std::vector<uint8_t>& chunk) {
    EXPECT_EQ(chunk[0], kChunkData);
    EXPECT_EQ(Load16(&chunk[2]), chunk.size());
    EXPECT_EQ(Load32(&chunk[12]), 7u);
    return std::to_string(Load32(&chunk[4]) - kTsn) + ":" + std::to_string(chunk[1]) + ":" + std::to_string(Load16(&chunk[8])) + "," +
           std::to_string(Load16(&chunk[10])) + ":" + std::string(chunk.begin() + 16, chunk.end());
  }
  // Blocks as pairs of offsets.
  SackOutcome Sack(uint32_t cumulative, std::initializer_list<uint16_t> blocks = {}, uint32_t window = 100'000) {
    std::vector<uint8_t> bytes(2 * blocks.size());
    size_t at = 0;
    for (const uint16_t offset : blocks) Store16(&bytes[at], offset), at += 2;
    return out.OnSack({kTsn + cumulative - 1, window, bytes}, now, paths);  // `cumulative` chunks have come in order.
  }

  TimeUs now = kStart;
  Outbound out{pool};
  std::vector<Failed> failed;
};

using Strings = std::vector<std::string>;

}  // namespace mailport::sctp::test
