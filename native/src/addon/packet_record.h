// A packet as a record of a batch, for a carrier whose packets JavaScript brings to their receivers.
#pragma once

#include <cstdint>

#include "../sctp/types.h"
#include "record_batch.h"
#include "record_words.h"

namespace mailport::addon {

class PacketRecord {
 public:
  // Both must outlive the record.
  PacketRecord(const sctp::PacketRoute& route, sctp::Bytes packet, bool may_be_fragmented)
      : route_(route), packet_(packet), may_be_fragmented_(may_be_fragmented) {}

  uint32_t kind() const { return static_cast<uint32_t>(CarrierKind::kPacket); }
  sctp::Bytes payload() const { return packet_; }
  void Write(uint32_t* words) const {
    WriteAddress(route_.remote, route_.remote_udp_port, words);
    words[CarrierWord::kMayBeFragmented] = may_be_fragmented_ ? 1 : 0;
    WriteAddress(route_.local, 0, words + CarrierWord::kToLocal);
  }

 private:
  const sctp::PacketRoute& route_;
  sctp::Bytes packet_;
  bool may_be_fragmented_;
};

}  // namespace mailport::addon
