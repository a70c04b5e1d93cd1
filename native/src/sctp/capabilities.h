// The capabilities that two ends of an association agree on: offered in INIT and INIT ACK, carried in the cookie, kept by the association.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "auth_settings.h"
#include "lazily.h"
#include "packet/init_chunk.h"
#include "packet/wire.h"
#include "types.h"

namespace mailport::sctp {

// Streams, adaptation and extensions of the two ends, as this end sees them.
struct Capabilities {
  uint16_t outbound_streams = 0;
  uint16_t inbound_streams = 0;
  std::optional<uint32_t> peer_adaptation;
  bool partial_reliability = false;  // Both ends know FORWARD TSN (RFC 3758), or with interleaving I-FORWARD-TSN.
  bool interleaving = false;         // Both ends know I-DATA, which carries all data then (RFC 8260).
  bool second_is_zero = false;       // With interleaving: the peer gives the second fragment of a message the number 0, and so on. See Agree.
  bool reconfig = false;             // Both ends know RE-CONFIG (RFC 6525).
  bool zero_checksum = false;        // Both ends take packets without a checksum, as DTLS or its like detects errors (RFC 9653).
  bool asconf = false;               // Both ends change addresses while the association is there (RFC 5061), always authenticated.

  bool operator==(const Capabilities&) const = default;
};

// What an INIT or INIT ACK says of the extensions among these capabilities.
inline void Announce(const Capabilities& capabilities, InitFields* fields) {
  fields->forward_tsn = capabilities.partial_reliability;
  fields->error_detection = capabilities.zero_checksum ? kErrorDetectionByDtls : 0;
  fields->extensions = {};
  if (capabilities.interleaving) fields->extensions.Add(kChunkIData);
  if (capabilities.interleaving && capabilities.partial_reliability) fields->extensions.Add(kChunkIForwardTsn);
  if (capabilities.reconfig) fields->extensions.Add(kChunkReconfig);
  if (capabilities.asconf) {
    fields->extensions.Add(kChunkAsconf);
    fields->extensions.Add(kChunkAsconfAck);
  }
}

// The offer that we make to a peer, from our socket's options.
struct Offer {
  Capabilities most;  // The result if the peer can do all of it.
  uint32_t a_rwnd = 0;
  std::optional<uint32_t> adaptation;
  uint8_t family = 4;  // Family of the addresses that we can talk to.
  std::shared_ptr<const AuthSettings> auth;  // Null: authenticated chunks are not offered.

  bool operator==(const Offer&) const = default;

  // The fields of the offer that INIT and INIT ACK have in common.
  InitFields Fields(uint32_t local_tag, uint32_t initial_tsn) const {
    InitFields fields;
    fields.initiate_tag = local_tag;
    fields.initial_tsn = initial_tsn;
    fields.a_rwnd = a_rwnd;
    fields.outbound_streams = most.outbound_streams;
    fields.inbound_streams = most.inbound_streams;
    fields.adaptation = adaptation;
    Announce(most, &fields);
    return fields;
  }
};

// Whether a peer takes ASCONF and ASCONF-ACK in an authenticated way alone, as RFC 5061 section 8 demands.
inline bool AuthenticatesAsconf(const AuthParams& auth) {
  const AuthLists lists = ListsOf(auth.Vector());
  return lists.chunks[kChunkAsconf] && lists.chunks[kChunkAsconfAck];
}

// The part that our offer and the offer in the peer's INIT or INIT ACK have in common (section 5.1.1). Linux knows I-FORWARD-TSN and does not list it: a peer that
// lists I-DATA and has the parameter of FORWARD TSN is taken to know it. That is also how Linux is known, which gives the second fragment of a message the number 0,
// where RFC 8260 section 2.1 has 1, and puts messages together by its own count alone.
inline Capabilities Agree(const Capabilities& offered, const InitChunk& peer) {
  Capabilities both;
  both.outbound_streams = std::min(offered.outbound_streams, peer.inbound_streams);
  both.inbound_streams = std::min(offered.inbound_streams, peer.outbound_streams);
  both.peer_adaptation = peer.adaptation;
  both.interleaving = offered.interleaving && peer.extensions.Has(kChunkIData);
  both.partial_reliability = offered.partial_reliability && (peer.forward_tsn || (both.interleaving && peer.extensions.Has(kChunkIForwardTsn)));
  both.second_is_zero = both.interleaving && peer.forward_tsn && !peer.extensions.Has(kChunkIForwardTsn);
  both.zero_checksum = offered.zero_checksum && peer.error_detection == kErrorDetectionByDtls;
  both.reconfig = offered.reconfig && peer.extensions.Has(kChunkReconfig);
  both.asconf = offered.asconf && peer.extensions.Has(kChunkAsconf) && peer.extensions.Has(kChunkAsconfAck) && AuthenticatesAsconf(peer.auth);
  return both;
}

// The beginning of one life of an association, as INIT, INIT ACK and the cookie made it known.
struct Terms {
  uint32_t local_tag = 0, peer_tag = 0;
  uint32_t local_initial_tsn = 0, peer_initial_tsn = 0;
  uint32_t peer_rwnd = 0;  // The window that the peer began with; 0 until it is known.
  Capabilities capabilities;
  // The key vectors of both ends. A vector is empty if its end does not want authenticated chunks.
  struct AuthVectors {
    KeyVector local, peer;
  };
  Lazily<AuthVectors> auth;

  bool Authenticates() const { return !auth->local.empty() && !auth->peer.empty(); }
};

// The peer's addresses beside the one that its INIT or INIT ACK came from.
struct ListedAddresses {
  std::vector<IpAddress> addresses;
  bool lists_more = false;  // More were listed than are kept.
};

}  // namespace mailport::sctp
