// Where the words of a record are, as native/contract has them. test/native/contract.test.ts compares the two sources by name.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mailport::addon {

// Words that every transport's records have: `batchRecord` of the contract.
struct RecordWord {
  enum : size_t {
    kSocket = 0,
    kKind = 1,
    kFamily = 3,
    kAddress = 4,
    kScopeId = 8,
    kPort = 9,
    kOffset = 10,
    kLength = 11,
    kWhere = 12,
    kWords = 24,
  };
};

// Where the payload of a record is: the value of its word kWhere.
enum class Where : uint32_t { kSlab = 0, kLarge = 1 };

// Words that only records of SCTP have: the others of `record`. Words of one number belong to records of different kinds.
struct SctpWord {
  enum : size_t {
    kAssocId = 2,
    kToChanged = 12,
    kStream = 13,
    kSsn = 14,
    kFlags = 15,
    kPpid = 16,
    kContext = 17,
    kTimeToLive = 18,
    kTsn = 19,
    kCumTsn = 20,
    kState = 13,
    kError = 14,
    kOutboundStreams = 15,
    kInboundStreams = 16,
    kFailedState = 21,
    kFailedError = 22,
    kLocalTsn = 15,
    kRemoteTsn = 16,
    kKeyNumber = 14,
  };
};

// Words that only records of carriers have: the others of `carrierRecord`. The address words of the packet's source begin as far behind those of its receiver.
struct CarrierWord {
  enum : size_t {
    kToLocal = 12,
    kMayBeFragmented = 13,
  };
};

// Kinds of records of carriers: `carrierKind`.
enum class CarrierKind : uint32_t { kPacket = 31 };

// Words that only records of TCP have: the others of `tcpRecord`.
struct TcpWord {
  enum : size_t {
    kError = 14,
  };
};

// Kinds of records of TCP: `tcpKind`.
enum class TcpKind : uint32_t { kData = 0, kWritable = 9, kAcceptable = 13, kConnected = 20, kEnd = 21, kFlushed = 22 };

// Words that only records of UDP have: the others of `udpRecord`.
struct UdpWord {
  enum : size_t {
    kFlags = 13,
    kError = 14,
    kTos = 15,
    kTtl = 16,
    kTclass = 17,
    kIfIndex = 18,
    kDestination = 19,
    kPathLength = 23,
  };
};

// What one datagram of sendMany is: `udpSend`.
struct UdpSendWord {
  enum : size_t {
    kFamily = 0,
    kAddress = 1,
    kScopeId = 5,
    kPort = 6,
    kFlags = 7,
    kTos = 8,
    kTtl = 9,
    kTclass = 10,
    kError = 11,
    kWords = 12,
  };
};

// Kinds of records of UDP: `udpKind`.
enum class UdpKind : uint32_t { kData = 0, kWritable = 9, kAcceptable = 13, kError = 21 };

// What one send of sendMany is: `sendRecord`.
struct SendWord {
  enum : size_t {
    kAssocId = 0,
    kStream = 1,
    kFlags = 2,
    kPpid = 3,
    kContext = 4,
    kTimeToLive = 5,
    kUseDefaults = 6,
    kError = 7,
    kWords = 8,
  };
};

}  // namespace mailport::addon
