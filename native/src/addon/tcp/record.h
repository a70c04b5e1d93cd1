// An item of TCP as a record of a batch.
#pragma once

#include <cstdint>

#include "../../sctp/types.h"
#include "../record_words.h"

namespace mailport::addon {

class TcpRecord {
 public:
  explicit TcpRecord(sctp::Bytes payload) : payload_(payload) {}
  // `error`: 0 or a positive errno.
  explicit TcpRecord(TcpKind kind, int error = 0) : kind_(kind), error_(static_cast<uint32_t>(error)) {}

  uint32_t kind() const { return static_cast<uint32_t>(kind_); }
  sctp::Bytes payload() const { return payload_; }
  void Write(uint32_t* words) const { words[TcpWord::kError] = error_; }

 private:
  TcpKind kind_ = TcpKind::kData;
  uint32_t error_ = 0;
  sctp::Bytes payload_;
};

}  // namespace mailport::addon
