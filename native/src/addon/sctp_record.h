// An item of SCTP as a record of a batch. Each transport has such a class: it tells Delivery the kind and the payload, and writes the other words.
#pragma once

#include <cstdint>

#include "../sctp/types.h"

namespace mailport::addon {

class SctpRecord {
 public:
  // `item` must outlive the record.
  explicit SctpRecord(const sctp::Item& item) : item_(item) {}

  uint32_t kind() const { return static_cast<uint32_t>(item_.kind); }
  sctp::Bytes payload() const { return item_.data; }
  void Write(uint32_t* words) const;

 private:
  const sctp::Item& item_;
};

}  // namespace mailport::addon
