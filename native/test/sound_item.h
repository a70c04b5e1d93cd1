// What an item of the kernel's SCTP must be for the addon to write it down, as the binding trusts that.
#pragma once

#include "../src/sctp/types.h"
#include "check.h"

namespace mailport::kernel_sctp::test {

inline void ExpectSound(const sctp::Item& item) {
  using sctp::ItemKind;
  EXPECT_TRUE(item.kind != ItemKind::kConnectResult && item.kind != ItemKind::kWritable && item.kind != ItemKind::kAcceptable);
  EXPECT_TRUE(item.kind <= ItemKind::kAuthentication);
  if (item.kind == ItemKind::kAssocChange) EXPECT_TRUE(item.state <= static_cast<uint32_t>(sctp::AssocState::kCantAssoc));
  if (item.kind == ItemKind::kPeerAddrChange) EXPECT_TRUE(item.state <= static_cast<uint32_t>(sctp::PeerAddrState::kConfirmed));
  if (item.kind == ItemKind::kStreamReset) EXPECT_TRUE(item.state < 16);
  EXPECT_TRUE(item.peer.family == 0 || item.peer.family == 4 || item.peer.family == 6);
  for (const uint8_t byte : item.data) (void)*const_cast<volatile const uint8_t*>(&byte);  // Every byte is there.
}

}  // namespace mailport::kernel_sctp::test
