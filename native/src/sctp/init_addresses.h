// The addresses in an INIT: which association they are of, and which of them that association does not have (RFC 9260 sections 5.1.2 D, 5.2.1, 5.2.2).
#pragma once

#include <vector>

#include "cookie.h"
#include "packet/init_chunk.h"

namespace mailport::sctp {

class Association;
class PeerTable;

// The peer's addresses beside the one that it is answered at, `peer`, as many as the cookie has room for. `from`: where the INIT came from.
ListedAddresses ListedIn(const InitChunk& init, const IpAddress& from, const IpAddress& peer);

// The association whose peer is one of the addresses that the INIT lists, with that SCTP port; null if there is none.
Association* OwnerOf(const PeerTable& peers, const InitChunk& init, uint16_t port);

// The addresses that a peer with this INIT, sent from `from`, would add to the association.
std::vector<IpAddress> AddedTo(const Association& association, const InitChunk& init, const IpAddress& from);

// These addresses as the parameters of an INIT, for the cause that lists them (section 3.3.10.11): as many as strangers are told.
std::vector<uint8_t> AddressParams(const std::vector<IpAddress>& addresses);

}  // namespace mailport::sctp
