// Options of the levels IP and SOL_SOCKET, which every socket descriptor has, by their numbers in the contract (sctp::Option).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "../sctp/option.h"

namespace mailport::io {

bool IsDescriptorOption(sctp::Option option);
// Both functions take only these options, on a socket of family 4 or 6, and answer 0 or a positive errno. ENOTSUP: this system has no such option.
// EINVAL: sockets of this family have no such option.
int SetDescriptorOption(int fd, uint8_t family, sctp::Option option, std::span<const uint32_t> values);
int GetDescriptorOption(int fd, uint8_t family, sctp::Option option, std::vector<uint32_t>* values);
// Sets the options that change packets back to their values on a fresh socket.
void ResetPacketOptions(int fd, uint8_t family);

int BindToDevice(int fd, const std::string& device);

}  // namespace mailport::io
