// Options of interleaving and of stream schedulers (RFC 8260 section 4.3, RFC 6458 section 8.1.20).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "option.h"

namespace mailport::sctp {

class Association;
class Socket;

bool IsSchedulingOption(Option option);
// Both for these options only, as SetSocketOption and GetSocketOption. `stream`: the one whose value is read.
int SetSchedulingOption(Socket& socket, Association* association, Option option, std::span<const uint32_t> values);
int GetSchedulingOption(const Socket& socket, const Association* association, Option option, uint16_t stream, std::vector<uint32_t>* values);

}  // namespace mailport::sctp
