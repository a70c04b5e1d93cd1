// Control messages of the kernel's SCTP (RFC 6458 section 5.3), which say how a message has arrived and how one is to be sent. They are read from bytes
// and written to bytes; there is no socket here.
#pragma once

#include <sys/socket.h>

#include <cstddef>

#include "../sctp/option.h"

namespace mailport::kernel_sctp {

#if defined(__linux__)

// Enough for one sctp_sndrcvinfo, which has 32 bytes, with its header.
constexpr size_t kSctpControlBytes = CMSG_SPACE(32);

// Fills stream, numbers, flags, ppid and association of `item` from the sctp_sndrcvinfo among the control messages `control`, which is what
// the kernel wrote of msg_control. False if there is none that is whole.
bool ReadSendReceiveInfo(sctp::Bytes control, sctp::Item* item);

// Writes the control message for a send to `control`, which must have kSctpControlBytes and be aligned as cmsghdr is; its length.
size_t WriteSendReceiveInfo(const sctp::SendParams& params, uint8_t* control);

#endif

}  // namespace mailport::kernel_sctp
