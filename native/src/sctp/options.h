// Reading and setting options by number: Option in engine.h says which words each has.
#pragma once

#include <vector>

#include "engine.h"

namespace mailport::sctp {

class Association;
class Socket;

// `association` null: the endpoint and its future associations.
int SetSocketOption(Socket& socket, Association* association, Option option, std::span<const uint32_t> values);
int GetSocketOption(const Socket& socket, const Association* association, Option option, std::vector<uint32_t>* values);

}  // namespace mailport::sctp
