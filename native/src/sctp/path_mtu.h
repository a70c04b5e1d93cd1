// How large the packets of one path may be: Datagram Packetization Layer Path MTU Discovery (RFC 8899, and its section 6.2 for SCTP). Sizes are those of SCTP
// packets, without the headers of IP and UDP, and multiples of 4.
//
// The first size is the one that the host's route carries, as far as it is common. Data of that size is its own probe: it is only doubted when chunks are lost again
// and again. Then packets shrink to a size that gets through nearly everywhere, and a probe asks whether the path still carries the former one. What a route carries
// beyond the first size is searched for by probes: HEARTBEATs with padding. Probes leave only while the path carries data, one at a time; nothing here wakes a path
// that is idle.
//
//   RFC 8899   here
//   Base       kBase: packets of kBaseBytes, while the former size is in doubt
//   Searching  kSearching: a larger size is looked for
//   Complete   kComplete: none is, before kRaiseAfter is over
//   Error      kError: packets of the base size seem to be lost. They may be fragmented
//   Disabled   kFixed: the user has set the size, and packets may be fragmented
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "packet/heartbeat_chunk.h"
#include "types.h"

namespace mailport::sctp {

class PathMtu {
 public:
  static constexpr size_t kBaseBytes = 1200;                      // BASE_PLPMTU (section 5.1.2)
  static constexpr size_t kLeastIpBytes = 512;                    // MIN_PLPMTU with its headers, over IPv4. Over IPv6 every path carries the base.
  static constexpr uint32_t kMaxProbes = 3;                       // MAX_PROBES
  static constexpr TimeUs kRaiseAfter = 600'000'000;              // PMTU_RAISE_TIMER
  // PROBE_TIMER: follows the round trip, but is no less than a second (section 5.1.1). 0: the round trip is not known.
  static TimeUs ProbeTimeout(TimeUs round_trip) { return round_trip == 0 ? 3'000'000 : std::max<TimeUs>(3 * round_trip, 1'000'000); }

  enum class State : uint8_t { kBase, kSearching, kComplete, kError, kFixed };

  // `header_bytes`: of IP and UDP.
  PathMtu(size_t bytes, uint8_t family, size_t header_bytes);

  // What the host knows: packets of `first` bytes pass for all it knows, none longer than `most` leaves. Begins anew if the host has said something else before,
  // unless a search has learnt better.
  void Learn(size_t first, size_t most);
  // Another way from now on.
  void BeginAnew();
  void Fix(size_t bytes);

  State state() const { return state_; }
  // The largest packet that leaves in one piece.
  size_t size() const { return size_; }
  // The size that is in force, or in doubt: it says how long a message may be that must not be cut.
  size_t whole() const { return whole_; }
  // The size that a packet which exceeds the others is padded to, if it is shorter; 0: none. Over IPv6 only the sender fragments, and the kernel does so if a packet is
  // longer than what its device carries, which is all that it knows if nobody tells it of the path.
  size_t excess_bytes() const { return given_least_ != kBaseBytes || most_ > kMostPadded ? 0 : most_ + 8; }
  // All packets may be fragmented on their way, not only those that exceed the size.
  bool may_be_fragmented() const { return state_ == State::kFixed || state_ == State::kError; }

  // Whether packets can have been lost because of their size, if they had so many bytes together.
  bool IsSuspect(size_t bytes) const { return bytes > (size_ > base() ? base() : least()); }
  // Nothing has shown yet that packets of the present size pass.
  bool is_on_trust() const { return is_on_trust_; }
  // A chunk was acknowledged that has so many bytes of payload.
  void OnPassed(size_t payload_bytes) {
    const size_t packet_bytes = kCommonHeaderBytes + kDataHeaderBytes + payload_bytes;
    if (packet_bytes <= size_ && IsSuspect(packet_bytes)) is_on_trust_ = false;
  }

  // True: the size may have changed.
  // Chunks of packets that were suspect were lost again and again; for the first time, if the size is on trust (section 4.3).
  bool OnLostAgain();
  // Data that went this way was acknowledged.
  void OnAlive(TimeUs now);
  // The network says that only packets of so many bytes pass. The caller has made sure that it speaks of a packet of ours (section 4.6).
  bool OnTooBig(size_t bytes, TimeUs now);
  bool OnProbeTimeout(TimeUs now);
  // False: the chunk answers no probe.
  bool OnAnswer(Bytes value, TimeUs now);

  // The size of the probe that is to leave now; 0: none.
  size_t NextProbe() const { return probe_bytes_ == 0 && is_alive_ && IsSearching() ? Candidate() : 0; }
  // It leaves. Gives what its HEARTBEAT carries.
  const HeartbeatInfo& OnProbe(size_t bytes, uint64_t nonce);
  bool is_probing() const { return probe_bytes_ != 0; }

 private:
  static constexpr size_t kMostPadded = 65'000;  // Loopback has no path, and no longer packets.
  bool IsSearching() const { return state_ != State::kComplete && state_ != State::kFixed; }
  // The next size to be tried. A size above the present one, and below the one that has failed.
  size_t Candidate() const;
  size_t Common(size_t mtu) const { return (mtu - header_bytes_) & ~size_t{3}; }
  bool IsCommon(size_t bytes) const;
  void Fall(size_t told);
  void Fail(size_t bytes, TimeUs now);
  void Settle(TimeUs now);
  void ForgetProbe() { probe_bytes_ = tries_ = 0; }

  size_t base() const { return std::min<size_t>(kBaseBytes, first_); }
  size_t least() const { return std::min<size_t>(given_least_, base()); }

  const uint16_t given_least_, header_bytes_;
  uint32_t first_, most_;
  State state_ = State::kComplete;
  bool is_on_trust_ = true;
  bool is_alive_ = false;    // Data was acknowledged, or a probe answered, since the last probe left.
  bool steps_ = false;       // The present size is likely to be the exact one: a step more is tried first.
  uint8_t tries_ = 0;        // Probes of the present candidate that were lost.
  uint8_t strikes_ = 0;      // Such losses since the size is no larger than the base.
  uint32_t size_, whole_;
  uint32_t failed_;          // The smallest size that is known not to pass; beyond `most_` if none is.
  uint32_t told_ = 0;        // A size to be tried first: the one in doubt, or the one that the network has told.
  uint32_t probe_bytes_ = 0;  // On its way; 0: none.
  TimeUs raise_at_ = 0;
  HeartbeatInfo probe_;
};

}  // namespace mailport::sctp
