// Answers to senders with whom we have no association: to packets out of the blue (RFC 9260 section 8.4), to callers that get no association, to cookies that
// are too old. Answers are short, and their number a second is limited.
#pragma once

#include "packet/packet.h"
#include "rate_limit.h"

namespace mailport::sctp {

class Core;

class Strangers {
 public:
  // The largest answer, without the common header.
  static constexpr size_t kMaxAnswerBytes = 1200;

  explicit Strangers(Core& core) : core_(core) {}

  // False for a packet to or from an address of more than one host, or from none: nobody can be answered (section 8.4, rule 1).
  static bool IsUnicast(const PacketRoute& route);

  // A packet that nobody waits for: no such port, or no such association.
  void OutOfTheBlue(const PacketRoute& from, const PacketHeader& header, Bytes packet);
  // The most information in a cause that strangers are told.
  static constexpr size_t kMaxInfoBytes = 1024;

  // An ABORT for a caller, with that cause unless it is kCauseNone, and as much of the information as may be told.
  void Refuse(const PacketRoute& from, const PacketHeader& header, uint32_t tag, Cause cause, Bytes cause_info = {});
  // An ERROR for a caller whose cookie came back too late, by `late_us`.
  void AnswerStaleCookie(const PacketRoute& from, const PacketHeader& header, uint32_t tag, TimeUs late_us);

 private:
  void Answer(const PacketRoute& from, const PacketHeader& header, uint32_t tag, uint8_t type, uint8_t flags, Bytes value);

  Core& core_;
  RateLimit limit_{500, 500};
};

}  // namespace mailport::sctp
