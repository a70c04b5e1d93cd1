// Options that any socket descriptor has, of the levels of IP and of sockets, by their numbers in the contract (sctp::Option).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "../sctp/option.h"

namespace mailport::io {

bool IsDescriptorOption(sctp::Option option);
// Both for these options only, on a socket of family 4 or 6; 0 or a positive errno. ENOTSUP: this system has no such option. EINVAL: the family
// has not.
int SetDescriptorOption(int fd, uint8_t family, sctp::Option option, std::span<const uint32_t> values);
int GetDescriptorOption(int fd, uint8_t family, sctp::Option option, std::vector<uint32_t>* values);
// Back to what they are on a fresh socket, as far as packets are concerned.
void ResetPacketOptions(int fd, uint8_t family);

int BindToDevice(int fd, const std::string& device);

}  // namespace mailport::io
