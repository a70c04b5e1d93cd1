// Reading and setting options by number: option.h says which words each has.
#pragma once

#include <vector>

#include "engine.h"

namespace mailport::sctp {

class Association;
class Charges;
class Path;
class Socket;

// Flags of kPeerAddrParams.
constexpr uint32_t kHbEnable = 1, kHbDisable = 2, kHbDemand = 4, kPmtudEnable = 8, kPmtudDisable = 16, kSackDelayEnable = 32,
                   kSackDelayDisable = 64;

// One-to-many sockets and those peeled off from them, as in Linux (SO-18, PO-12).
bool HasAutoclose(const Socket& socket);

// Sets the limit of a socket's, or an engine's, charges.
int SetMaxHeld(Charges& charges, std::span<const uint32_t> values);
// Appends the bytes held, and the part of them that ended associations have left.
void PushHeld(size_t held, size_t ended, std::vector<uint32_t>* values);

// What an option is about. No association: the endpoint and its future associations. No path: all paths, or the primary one.
struct OptionTarget {
  Association* association = nullptr;
  Path* path = nullptr;
  uint16_t stream = 0;  // The one whose value is read.
  IpAddress own_address = {};  // Of kSetPeerPrimary.
};

// Finds what the key means. EINVAL: there is no such association, or no peer of it has the address.
int FindTarget(Socket& socket, Option option, const OptionKey& key, OptionTarget* target);

int SetSocketOption(Socket& socket, const OptionTarget& target, Option option, std::span<const uint32_t> values);
int GetSocketOption(const Socket& socket, const OptionTarget& target, Option option, std::vector<uint32_t>* values);

}  // namespace mailport::sctp
