// Notifications of the kernel's SCTP (RFC 6458 section 6.1) as items: bytes in, an item out, no socket. Whatever the bytes are, nothing beyond
// them is read.
#pragma once

#include "../sctp/types.h"

namespace mailport::kernel_sctp {

// What a notification is that becomes no item.
enum class NotificationKind {
  kItem,
  kOther,      // Of a kind that has no item.
  kMalformed,  // Shorter than its kind is.
};

// Fills all of `item` that the notification tells: kind, association, states and causes in host order, payload (within `bytes`). The peer is
// set only by an address change, which is about another than the primary one; the caller sets it before.
NotificationKind ParseNotification(sctp::Bytes bytes, sctp::Item* item);

}  // namespace mailport::kernel_sctp
