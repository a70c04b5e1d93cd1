// What two ends of an association agree on: offered in INIT and INIT ACK, carried in the cookie, kept by the association.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "packet/init_chunk.h"
#include "types.h"

namespace mailport::sctp {

// What each end may use, as this end sees it.
struct Capabilities {
  uint16_t outbound_streams = 0;
  uint16_t inbound_streams = 0;
  std::optional<uint32_t> peer_adaptation;
};

// What we can do for a peer, as our socket's options have it.
struct Offer {
  Capabilities most;  // If the peer can do all of it.
  uint32_t a_rwnd = 0;
  std::optional<uint32_t> adaptation;
  uint8_t family = 4;  // Of the addresses that we can talk to.

  // What INIT and INIT ACK say of it in the same way.
  InitFields Fields(uint32_t local_tag, uint32_t initial_tsn) const {
    InitFields fields;
    fields.initiate_tag = local_tag;
    fields.initial_tsn = initial_tsn;
    fields.a_rwnd = a_rwnd;
    fields.outbound_streams = most.outbound_streams;
    fields.inbound_streams = most.inbound_streams;
    fields.adaptation = adaptation;
    return fields;
  }
};

// Of what we have offered and what the peer's INIT or INIT ACK offers (section 5.1.1).
inline Capabilities Agree(const Capabilities& offered, const InitChunk& peer) {
  return {std::min(offered.outbound_streams, peer.inbound_streams), std::min(offered.inbound_streams, peer.outbound_streams), peer.adaptation};
}

// The beginning of one life of an association, as INIT, INIT ACK and the cookie made it known.
struct Terms {
  uint32_t local_tag = 0, peer_tag = 0;
  uint32_t local_initial_tsn = 0, peer_initial_tsn = 0;
  uint32_t peer_rwnd = 0;  // The window that the peer began with; 0 until it is known.
  Capabilities capabilities;
};

// The peer's addresses beside the one that its INIT or INIT ACK came from.
struct ListedAddresses {
  std::vector<IpAddress> addresses;
  bool lists_more = false;  // Than these, which are all that is kept.
};

}  // namespace mailport::sctp
