// Notifications of the kernel's SCTP (RFC 6458 section 6.1) as items: bytes in, an item out, no socket. Whatever the bytes are, nothing beyond
// them is read.
#pragma once

#include "../sctp/types.h"

namespace mailport::kernel_sctp {

// Whether a notification became an item, and why not.
enum class NotificationKind {
  kItem,
  kOther,      // Of a kind that has no item.
  kMalformed,  // Shorter than its kind is.
};

// Fills what the notification tells into `item`: kind, association, states and causes in host order, payload (within `bytes`). The caller has set the
// peer; an address change adds the address that has changed.
NotificationKind ParseNotification(sctp::Bytes bytes, sctp::Item* item);

}  // namespace mailport::kernel_sctp
