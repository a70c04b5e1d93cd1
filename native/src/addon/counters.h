// What a stack counts, by name.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace mailport::addon {

using Counters = std::vector<std::pair<const char*, uint64_t>>;

}  // namespace mailport::addon
