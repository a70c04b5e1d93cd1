// Bytes as the kernel's SCTP hands them over, for tests of what reads them.
#pragma once

#if defined(__linux__)

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <vector>

#include "../src/io/kernel_sctp_control.h"

namespace mailport::io::test {

using Buffer = std::vector<uint8_t>;

inline constexpr uint16_t kUserAbort = 12;

template <typename T>
Buffer BytesOf(const T& value, size_t length = sizeof(T)) {
  Buffer bytes(length);
  std::memcpy(bytes.data(), &value, length);
  return bytes;
}

inline Buffer Joined(Buffer first, const std::string& text) {
  first.insert(first.end(), text.begin(), text.end());
  return first;
}


inline Buffer SendFailed(const std::string& payload) {
  sctp_send_failed failed{};
  failed.ssf_type = SCTP_SEND_FAILED;
  failed.ssf_flags = SCTP_DATA_SENT;
  failed.ssf_length = static_cast<uint32_t>(sizeof(failed) + payload.size());
  failed.ssf_error = htons(kUserAbort);
  failed.ssf_info.sinfo_stream = 3;
  failed.ssf_info.sinfo_flags = 4 | 3;  // The chunk's: unordered, and unfragmented.
  failed.ssf_info.sinfo_ppid = htonl(5);
  failed.ssf_info.sinfo_context = 6;
  failed.ssf_info.sinfo_timetolive = 7;
  failed.ssf_assoc_id = 77;
  return Joined(BytesOf(failed), payload);
}

inline Buffer Control(uint32_t assoc, uint16_t stream) {
  alignas(cmsghdr) uint8_t control[kSctpControlBytes];
  sctp::SendParams params;
  params.assoc_id = assoc;
  params.stream = stream;
  params.ppid = 0xb2d05e00;
  params.flags = sctp::kFlagUnordered;
  const size_t length = WriteSendReceiveInfo(params, control);
  return {control, control + length};
}

inline std::string Text(sctp::Bytes bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace mailport::io::test

#endif
