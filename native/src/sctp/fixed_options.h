// Options for features that the engine does not have (mapped addresses, several addresses of its own). Each has one value, which may be read,
// and set again; any other value is ENOTSUP.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine.h"

namespace mailport::sctp {

bool IsFixedOption(Option option);
// Both for fixed options only. 0 or a positive errno.
int SetFixedOption(Option option, std::span<const uint32_t> values);
int GetFixedOption(Option option, std::vector<uint32_t>* values);

}  // namespace mailport::sctp
