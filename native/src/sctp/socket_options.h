// Settings of a socket, which hands some of them down to its associations (RFC 6458 section 8; defaults as in SO-14).
#pragma once

#include <cstdint>
#include <memory>

#include "auth_settings.h"
#include "option.h"
#include "path.h"
#include "shared.h"

namespace mailport::sctp {

struct InitMsg {
  uint32_t outbound_streams = 10;
  uint32_t max_inbound_streams = 65535;
  uint32_t max_attempts = 8;
  uint32_t max_timeout_ms = 60000;
};

struct SendDefaults {
  uint32_t stream = 0, flags = 0, ppid = 0, context = 0, time_to_live_ms = 0;
  PrPolicy policy = PrPolicy::kNone;  // Its value is the lifetime: see Option::kDefaultPrinfo.

  bool operator==(const SendDefaults&) const = default;
};

// Parameters that every association has for itself, in common with its socket until either changes them.
struct AssocOptions {
  RtoInfo rto;
  uint32_t max_retransmissions = 10;       // Association.Max.Retrans
  uint32_t cookie_life_ms = 60000;
  Shared<PathOptions> path;                // Of paths to come: each has its own.
  bool nodelay = false;
  bool disable_fragments = false;
  uint32_t max_segment_bytes = 0;
  uint32_t autoclose_s = 0;
  Scheduler scheduler = Scheduler::kFirstCome;
  uint32_t stream_reset = 0;               // What may be re-configured, whoever asks: the bits of Option::kEnableStreamReset.
  SendDefaults defaults;

  bool operator==(const AssocOptions&) const = default;
};

struct SocketOptions {
  Shared<AssocOptions> assoc;
  InitMsg init;
  uint32_t events = kDefaultEvents;
  uint32_t adaptation = 0;
  bool partial_reliability = true;  // Offered to the peers of future associations, as on Linux (net.sctp.prsctp_enable).
  bool fragment_interleave = false;  // Without effect beside that it allows interleaving: messages are delivered whole.
  bool interleaving = false;         // I-DATA is offered likewise: never unless the user asks for it (RFC 8260 section 2.2.1).
  bool reconfig = false;             // RE-CONFIG is offered likewise, as on Linux (net.sctp.reconf_enable).
  std::shared_ptr<const AuthSettings> auth = std::make_shared<AuthSettings>();
  bool offers_auth = false;          // Authenticated chunks, likewise.
  bool offers_asconf = false;        // Changes of addresses, together with authenticated chunks.
  bool linger = false;
  uint32_t linger_s = 0;
  uint32_t receive_buffer_bytes = 512 * 1024;
  uint32_t send_buffer_bytes = 512 * 1024;
  uint32_t max_associations = 1u << 16;           // Associations of the port until peers get no more.
  uint32_t max_associations_per_peer = 1u << 14;  // Associations with one host until it gets no more: an IPv4 address, or the network of an IPv6 address.
  uint16_t remote_udp_port = 0;  // UDP port of future associations' peers; 0: the same as their SCTP port.
};

}  // namespace mailport::sctp
