// INIT and INIT ACK (RFC 9260 sections 3.3.2 and 3.3.3): parsing with the rules for unknown parameters (3.2.1), and serialising.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "../types.h"
#include "auth_parameters.h"
#include "extensions.h"

namespace mailport::sctp {

struct InitChunk {
  uint32_t initiate_tag = 0;
  uint32_t a_rwnd = 0;
  uint16_t outbound_streams = 0;
  uint16_t inbound_streams = 0;
  uint32_t initial_tsn = 0;
  std::vector<IpAddress> addresses;         // IPv4 and IPv6 address parameters, in order.
  bool has_more_addresses = false;          // More were listed than were kept.
  bool names_types = false;                 // The sender says which families it supports:
  bool supports_ipv4 = false, supports_ipv6 = false;
  size_t chunk_bytes = 0;
  std::optional<uint32_t> adaptation;       // RFC 5061 section 4.2.6
  bool forward_tsn = false;                 // The sender knows FORWARD TSN (RFC 3758 section 3.1).
  Extensions extensions;                    // It knows these chunks.
  uint32_t error_detection = 0;             // It takes packets without a checksum whose errors are detected so (RFC 9653).
  AuthParams auth;                          // RFC 4895: points into the parsed packet.
  uint32_t cookie_preservative_ms = 0;      // INIT only
  Bytes cookie;                             // INIT ACK only: points into the parsed packet.
  bool has_host_name = false;               // Deprecated; the receiver answers ABORT (RFC 9260 section 3.3.2.1).
  Bytes host_name;                          // The whole parameter: points into the parsed packet.
  // Whole parameters (header and value, unpadded) that the peer wants to hear of as unrecognized, to be echoed in an INIT ACK as
  // Unrecognized Parameter, or in an ERROR: type's upper bits 01 and 11.
  std::vector<Bytes> report;

  // Whether the sender, whose packet came by `source_family`, can use addresses of that family (section 5.1.2).
  bool Supports(uint8_t family, uint8_t source_family) const {
    if (!names_types || family == source_family || (family == 4 ? supports_ipv4 : supports_ipv6)) return true;
    for (const IpAddress& address : addresses)
      if (address.family == family) return true;
    return false;
  }
};

constexpr size_t kInitHeaderBytes = 20;  // Chunk header and fixed fields.
constexpr uint32_t kLeastWindowBytes = 1500;  // No INIT or INIT ACK may offer less (section 3.3.2).

// Why an INIT or INIT ACK is unusable.
enum class InitError { kNone, kTruncated, kZeroTag, kZeroStreams, kSmallWindow, kBadParameter, kTooManyParameters };

// Parses `chunk`, from its type byte to the end of its length (unpadded). Stops, without error, at an unknown parameter whose type begins with bits 00 or 01.
// Every address that is multicast, broadcast or any is left out. At most 64 addresses and 64 reports are kept. The number of parameters is limited in an INIT
// alone: a stranger sends that, and an INIT ACK may list a thousand addresses (section 3.3.3).
InitError ParseInit(Bytes chunk, InitChunk* init);

struct InitFields {
  bool ack = false;
  uint32_t initiate_tag = 0, a_rwnd = 0, initial_tsn = 0;
  uint16_t outbound_streams = 0, inbound_streams = 0;
  std::span<const IpAddress> addresses;
  std::optional<uint32_t> adaptation;
  bool forward_tsn = false;
  Extensions extensions;
  uint32_t error_detection = 0;        // Zero Checksum Acceptable; 0: none
  Bytes auth;                          // The key vector of an end that wants authenticated chunks (auth_parameters.h)
  bool lists_auth = true;              // Among the supported extensions, with `auth`: Linux wants it there
  uint32_t cookie_preservative_ms = 0;
  size_t padding = 0;                  // Bytes of a PAD parameter; 0: none
  Bytes cookie;                        // INIT ACK
  std::span<const Bytes> report;       // INIT ACK: each becomes an Unrecognized Parameter
};

// Writes the chunk with padding and gives its padded size; 0 if it does not fit. The chunk's length field leaves the last
// parameter's padding out, as section 3.2 says. Includes Supported Address Types for `supported_family` (4: IPv4; 6: IPv6 and IPv4) in INIT.
size_t WriteInit(const InitFields& fields, uint8_t supported_family, std::span<uint8_t> out);

}  // namespace mailport::sctp
