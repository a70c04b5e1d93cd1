// Notifications and control messages as Linux writes them, for tests of their parsers.
#pragma once

#if defined(__linux__)

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../src/kernel_sctp/notification.h"

namespace mailport::kernel_sctp::test {

using Buffer = std::vector<uint8_t>;

constexpr uint16_t kUserAbort = 12;

// Notifications of association 77.
Buffer AssocChange(uint16_t state, uint16_t error);
Buffer SendFailed(const std::string& payload);
Buffer PeerAddrChange(const char* text, int state);
Buffer RemoteError(const std::string& causes);
Buffer Shutdown();
Buffer Adaptation();
Buffer PartialDelivery();
Buffer SenderDry();
Buffer Authentication(uint32_t indication);
Buffer StreamReset(uint16_t flags, const std::vector<uint16_t>& streams);
Buffer AssocReset(uint16_t flags);
Buffer StreamChange(uint16_t flags);
// The control message of data on a stream.
Buffer Control(uint32_t assoc, uint16_t stream, uint32_t ppid = 0xb2d05e00);

struct Sample {
  Buffer bytes;
  size_t fixed_bytes;  // Fewer bytes are malformed.
  sctp::ItemKind kind;
};

// The bytes as characters.
std::string Text(sctp::Bytes bytes);

// One of each kind.
std::vector<Sample> Samples();

// Parses the first `length` bytes in memory of exactly that length, so that the sanitizer sees a byte too far. The payload of `item` is gone afterwards.
NotificationKind Parse(const Buffer& bytes, size_t length, sctp::Item* item);

}  // namespace mailport::kernel_sctp::test

#endif
