// Re-configuration of streams (RFC 6525, RFC 6458 section 6.3): requests to the peer, whose outcome comes as events.
#include "socket.h"

#if defined(__linux__)

#include <linux/sctp.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "option_calls.h"

namespace mailport::kernel_sctp {

namespace {

// Younger than some headers; see linux/sctp.h of 4.11.
constexpr int kResetStreams = 119;  // SCTP_RESET_STREAMS
constexpr int kResetAssoc = 120;    // SCTP_RESET_ASSOC
constexpr int kAddStreams = 121;    // SCTP_ADD_STREAMS
constexpr uint32_t kDirections = 3;  // SCTP_STREAM_RESET_INCOMING and _OUTGOING, numbered as in the contract.

// The head of sctp_reset_streams; stream numbers of 16 bits follow.
struct ResetStreamsHead {
  sctp_assoc_t assoc_id;
  uint16_t flags;
  uint16_t streams;
};
static_assert(sizeof(ResetStreamsHead) == 8);

// sctp_add_streams.
struct AddStreamsRequest {
  sctp_assoc_t assoc_id;
  uint16_t inbound;
  uint16_t outbound;
};
static_assert(sizeof(AddStreamsRequest) == 8);

}  // namespace

int Socket::ResetStreams(sctp::AssocId assoc, uint32_t directions, std::span<const uint32_t> streams) {
  if (directions == 0 || (directions & ~kDirections) != 0 || streams.size() > UINT16_MAX || !IsOptionKey(assoc)) return EINVAL;
  const ResetStreamsHead head{Key(assoc), static_cast<uint16_t>(directions), static_cast<uint16_t>(streams.size())};
  std::vector<uint8_t> request(sizeof(head) + streams.size() * sizeof(uint16_t));
  std::memcpy(request.data(), &head, sizeof(head));
  for (size_t i = 0; i < streams.size(); i++) {
    if (streams[i] > UINT16_MAX) return EINVAL;
    const auto stream = static_cast<uint16_t>(streams[i]);
    std::memcpy(request.data() + sizeof(head) + i * sizeof(stream), &stream, sizeof(stream));
  }
  return SetSctp(fd(), kResetStreams, *request.data(), static_cast<socklen_t>(request.size()));
}

int Socket::ResetAssociation(sctp::AssocId assoc) {
  return IsOptionKey(assoc) ? SetSctp(fd(), kResetAssoc, Key(assoc)) : EINVAL;
}

int Socket::AddStreams(sctp::AssocId assoc, uint16_t inbound, uint16_t outbound) {
  if ((inbound == 0 && outbound == 0) || !IsOptionKey(assoc)) return EINVAL;
  return SetSctp(fd(), kAddStreams, AddStreamsRequest{Key(assoc), inbound, outbound});
}

}  // namespace mailport::kernel_sctp

#endif
