// Options of a descriptor that the kernel keeps: levels SOCKET, IP and IPV6, for sockets of every transport, by their numbers in the contract. Options of
// TCP's own level, and those that a stack keeps itself, are not here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "inet_option.h"

namespace mailport::io {

// Whether the kernel keeps the option, whatever the transport.
bool IsDescriptorOption(InetOption option);
// Both functions take only such options, and answer 0 or a positive errno. What the kernel refuses is told. ENOTSUP: this system has no such option. EINVAL:
// sockets of this family have no such option, or the words are not as the contract wants them.
int SetDescriptorOption(int fd, InetFamily family, InetOption option, std::span<const uint32_t> values);
int GetDescriptorOption(int fd, InetFamily family, InetOption option, std::vector<uint32_t>* values);
// Sets the options that change packets back to their values on a fresh socket.
void ResetPacketOptions(int fd, InetFamily family);

// setsockopt and getsockopt as they are. `value` comes as long as the caller has room for, and leaves as long as the kernel's answer.
int SetRawOption(int fd, int level, int name, std::span<const uint8_t> value);
int GetRawOption(int fd, int level, int name, std::vector<uint8_t>* value);

int BindToDevice(int fd, const std::string& device);

}  // namespace mailport::io
