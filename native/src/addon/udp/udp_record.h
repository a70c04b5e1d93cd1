// Records of UDP that have no payload, as Delivery takes them; those of datagrams are written by reads.cc.
#pragma once

#include <cstdint>

#include "../../sctp/types.h"
#include "../record_words.h"

namespace mailport::addon {

struct WritableRecord {
  uint32_t kind() const { return static_cast<uint32_t>(UdpKind::kWritable); }
  sctp::Bytes payload() const { return {}; }
  void Write(uint32_t*) const {}
};

}  // namespace mailport::addon
