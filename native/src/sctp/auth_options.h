// Options of authenticated chunks (RFC 6458 section 8.3), with the rules and the errors of Linux.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "option.h"

namespace mailport::sctp {

class Association;
class Socket;

bool IsAuthOption(Option option);
// Both for these options only, as SetSocketOption and GetSocketOption.
int SetAuthOption(Socket& socket, Association* association, Option option, std::span<const uint32_t> values);
int GetAuthOption(const Socket& socket, const Association* association, Option option, std::vector<uint32_t>* values);

}  // namespace mailport::sctp
