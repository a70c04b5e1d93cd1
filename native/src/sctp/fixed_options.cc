#include "fixed_options.h"

#include <cerrno>

namespace mailport::sctp {

bool IsFixedOption(Option option) {
  switch (option) {
    case Option::kMappedV4:
      return true;
    default:
      return false;
  }
}

int SetFixedOption(Option, std::span<const uint32_t> values) {
  if (values.size() != 1) return EINVAL;
  return values[0] == 0 ? 0 : ENOTSUP;
}

int GetFixedOption(Option, std::vector<uint32_t>* values) {
  *values = {0};
  return 0;
}

}  // namespace mailport::sctp
