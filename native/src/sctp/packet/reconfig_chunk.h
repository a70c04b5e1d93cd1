// RE-CONFIG (RFC 6525 sections 3 and 4, https://www.rfc-editor.org/rfc/rfc6525#section-3.1): one parameter or two.
//
//   | type = 130 | flags | length                |
//   | parameter type       | parameter length    |
//   | request sequence number; of a response that of the request
//   | reset of outgoing streams: response sequence number, sender's last TSN, streams of 16 bits ...
//   | reset of incoming streams: streams of 16 bits ...
//   | streams to add: number of 16 bits, reserved
//   | response: result, and of a restart also the sender's next TSN and the receiver's
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "packet.h"

namespace mailport::sctp {

// Section 4.4.
enum class ReconfigResult : uint32_t {
  kNothing = 0,  // There was nothing to do.
  kPerformed = 1,
  kDenied = 2,
  kWrongStream = 3,
  kBusy = 4,  // A request of the other direction is outstanding.
  kBadSequence = 5,
  kInProgress = 6,
};

// The TSNs with which both ends go on after a restart, as the sender of the response calls the ends.
struct RestartTsns {
  uint32_t senders_next = 0, receivers_next = 0;
};

struct ReconfigParam {
  uint16_t type = 0;
  uint32_t sequence = 0;       // Of a response, that of the request.
  uint32_t answers = 0;        // kParamResetOutgoing: the peer's request that asked for this one, or the last one that it made.
  uint32_t last_tsn = 0;       // kParamResetOutgoing
  uint16_t streams_added = 0;  // kParamAdd…
  Bytes streams;               // kParamReset…: two bytes each, none stand for all.
  ReconfigResult result = ReconfigResult::kNothing;  // kParamReconfigResponse
  std::optional<RestartTsns> tsns;

  size_t stream_count() const { return streams.size() / 2; }
  uint16_t StreamAt(size_t index) const { return Load16(&streams[2 * index]); }
};

struct ReconfigChunk {
  std::array<ReconfigParam, 2> params;
  size_t count = 0;
  std::vector<Bytes> report;  // Unknown parameters that the peer wants to hear of.
};

// False: a parameter is malformed, or the parameters are none that may stand together (section 3.1). Unknown parameters are as the upper bits of their types say
// (RFC 9260 section 3.2.1), and may be all that there is.
bool ParseReconfig(const Chunk& chunk, ReconfigChunk* reconfig);

// The size of a parameter without padding. `list_bytes`: of its streams.
size_t ReconfigParamBytes(uint16_t type, size_t list_bytes = 0, bool has_tsns = false);
// Appends a parameter to the value of a chunk. The last one's padding is left out, as the chunk's length has it (RFC 9260 section 3.2).
void WriteReconfigParam(const ReconfigParam& param, std::vector<uint8_t>* value);

}  // namespace mailport::sctp
