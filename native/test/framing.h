// A stream that is read as the TCP stack reads one: into the memory of a batch, under a limit of packets for each turn, and cut there.
#pragma once

#if defined(__linux__)
#include <malloc.h>
#endif

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "../src/framing/inbound.h"

namespace mailport::framing::test {

inline Bytes BytesOf(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
inline std::string TextOf(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

class StreamReader {
 public:
  explicit StreamReader(Format wanted) : format(wanted) {}

  // `bytes` have come at the machine. Reads until they are used up, no more packets may be given, or the packets are too long.
  void Come(const std::string& bytes) {
    kernel_ += bytes;
    Read();
  }
  void Read() {
    while (!too_long) {
      if (!GivePackets()) break;
      if (kernel_.empty()) break;
      copied += in.Keep();
      const auto plan = in.Plan(format, most_raw);
      if (!ReadBy(plan)) break;
    }
    copied += in.Keep();
    // Whatever is still looked at from here on was not kept.
    std::memset(batch_.data(), 0xee, used_);
    used_ = 0;
  }

  Format format;
  Inbound in;
  size_t packets_allowed = SIZE_MAX;
  size_t most_raw = SIZE_MAX;
  std::vector<std::string> packets;
  bool too_long = false;
  size_t copied = 0;
  size_t reads = 0;
  size_t given_away = 0;  // Packets that left with their memory,
  size_t unused = 0;      // and how much of it they did not use, at most.
  size_t unread() const { return kernel_.size(); }

 private:
  // False: no more packets may be given.
  bool GivePackets() {
    for (; packets_allowed > 0; packets_allowed--) {
      const auto piece = in.Next(format);
      if (piece.verdict == Verdict::kIncomplete) return true;
      too_long = piece.verdict == Verdict::kTooLong;
      if (too_long) return false;
      packets.push_back(TextOf(piece.bytes));
      if (piece.is_long) {
        size_t bytes = 0;
        const OwnedBytes owned = in.PopOwned(piece, &bytes);
        copied += bytes;
        given_away++;
#if defined(__linux__)
        unused = std::max(unused, malloc_usable_size(owned.memory.get()) - owned.length);
#endif
        if (TextOf({owned.memory.get() + owned.offset, owned.length}) != packets.back()) packets.back() = "not what was given away";
      } else {
        if (!piece.in_batch) copied += piece.bytes.size();
        in.Pop(piece);
      }
      format.expect = 0;
    }
    return false;
  }

  bool ReadBy(const Inbound::ReadPlan& plan) {
    const size_t come = std::min(plan.bytes(), kernel_.size());
    if (come == 0) return false;
    const size_t own = std::min(come, plan.own_bytes);
    if (own > 0) std::memcpy(plan.own, kernel_.data(), own);
    std::memcpy(batch_.data() + plan.gap, kernel_.data() + own, come - own);
    used_ = std::max(used_, plan.gap + come - own);
    kernel_.erase(0, come);
    reads++;
    copied += in.Arrived(format, plan, batch_.data(), come);
    return true;
  }

  std::string kernel_;
  size_t used_ = 0;
  std::vector<uint8_t> batch_ = std::vector<uint8_t>(Inbound::kMostAtBatch);
};

inline std::string Framed(PacketMode mode, const std::string& packet) {
  uint8_t header[kMaxHeaderBytes];
  if (!WriteHeader(mode, packet.size(), header)) return "too long for its header";
  return TextOf({header, HeaderBytes(mode)}) + packet;
}

}  // namespace mailport::framing::test
