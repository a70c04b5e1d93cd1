// Packets out of a stream, however the stream is split into reads, however many packets a turn may take, and with the format changed on the way: the packets
// are those that a plain reading of the whole stream gives, each byte is copied a few times at most, and memory follows what has come.
#include <string>
#include <vector>

#include "../src/framing/output_queue.h"
#include "../test/check.h"
#include "../test/framing.h"
#include "input.h"

namespace mailport::fuzz {
namespace {

using framing::Format;
using framing::PacketMode;
using framing::test::StreamReader;
using framing::test::TextOf;

// A run and a long packet come from a few bytes of input. Runs may be cut into packets of one byte, so they are shorter.
constexpr size_t kMaxStreamBytes = 256 * 1024;
constexpr size_t kMaxRunBytes = 2048;
constexpr size_t kMaxLongBytes = 100 * 1024;
constexpr uint32_t kLongBuffer = 1000;
constexpr size_t kLeastRead = 512;
constexpr size_t kCopiesPerByte = 4;
constexpr size_t kCopiedPerStep = 2 * framing::Inbound::kOwnBytes;

Format FormatFrom(Input& input) {
  static constexpr PacketMode kModes[] = {PacketMode::kRaw, PacketMode::kOne, PacketMode::kTwo, PacketMode::kFour, PacketMode::kLine};
  Format format;
  format.mode = kModes[input.Below(5)];
  format.delimiter = input.Bit() ? '\n' : input.Byte();
  format.packet_size = input.Bit() ? 0 : input.Magnitude(100'000);
  format.buffer = input.Bit() ? 1 + input.Below(64) : kLongBuffer + input.Magnitude(100'000);
  return format;
}

// Bytes to come: as they are in the input, or a run of one byte, or a header with a long packet behind it.
std::string BytesFrom(Input& input, const Format& format) {
  switch (input.Below(4)) {
    case 0:
      return std::string(input.Magnitude(kMaxRunBytes), static_cast<char>(input.Byte()));
    case 1: {
      const size_t length = input.Magnitude(format.buffer < kLongBuffer ? kMaxRunBytes : kMaxLongBytes);
      return framing::test::Framed(input.Bit() ? PacketMode::kFour : PacketMode::kTwo, std::string(length, 'x'));
    }
    default:
      return TextOf(input.Take(input.Byte()));
  }
}

// The stream as a plain reader has it: all bytes that have come and belong to no packet yet.
class PlainReader {
 public:
  explicit PlainReader(const Format& wanted) : format(wanted) {}

  // Takes the packet that the other reader gave next off the stream.
  void ExpectNext(const std::string& packet) {
    size_t header = 0;
    if (format.mode == PacketMode::kRaw) {
      EXPECT_TRUE(!packet.empty() && (format.expect == 0 ? packet.size() <= format.buffer : packet.size() == format.expect));
    } else {
      EXPECT_EQ(packet.size(), LengthOfNext(&header));
    }
    EXPECT_TRUE(bytes.size() - at_ >= header + packet.size());
    EXPECT_TRUE(bytes.compare(at_ + header, packet.size(), packet) == 0);
    at_ += header + packet.size();
    format.expect = 0;
  }
  bool HasNext() const {
    size_t header = 0;
    if (format.mode == PacketMode::kRaw) return left() > 0 && left() >= format.expect;
    return LengthOfNext(&header) != SIZE_MAX;
  }
  bool NextIsTooLong() const {
    size_t header = 0;
    return LengthOfNext(&header) == kTooLong;
  }
  size_t left() const { return bytes.size() - at_; }
  void PutBack(const std::string& more) {
    bytes = more + bytes.substr(at_);
    at_ = 0;
  }

  Format format;
  std::string bytes;

 private:
  static constexpr size_t kTooLong = SIZE_MAX - 1;

  // SIZE_MAX: it has not come as a whole.
  size_t LengthOfNext(size_t* header) const {
    if (format.mode == PacketMode::kLine) return LengthOfLine();
    *header = framing::HeaderBytes(format.mode);
    if (left() < *header) return SIZE_MAX;
    size_t length = 0;
    for (size_t i = 0; i < *header; i++) length = length * 256 + static_cast<uint8_t>(bytes[at_ + i]);
    if (length > (format.packet_size == 0 ? framing::kDefaultPacketBytes : format.packet_size)) return kTooLong;
    return left() - *header >= length ? length : SIZE_MAX;
  }
  size_t LengthOfLine() const {
    const size_t end = std::min<size_t>(bytes.size(), at_ + format.buffer);
    size_t length = 0;
    bool whole = false;
    while (at_ + length < end && !whole) whole = static_cast<uint8_t>(bytes[at_ + length++]) == format.delimiter;
    if (format.packet_size != 0 && length > format.packet_size) return kTooLong;
    return whole || length == format.buffer ? length : SIZE_MAX;
  }

  size_t at_ = 0;
};

class Comparison {
 public:
  explicit Comparison(Input& input) : input_(input), reader_(FormatFrom(input)), plain_(reader_.format) {}

  void Run() {
    while (!input_.empty() && !reader_.too_long && come_ < kMaxStreamBytes) {
      Step();
      Compare();
    }
    if (reader_.too_long) return;
    reader_.packets_allowed = SIZE_MAX;
    reader_.Read();
    Compare();
    EXPECT_FALSE(plain_.HasNext() && !reader_.too_long);
    if (plain_.left() == 0) EXPECT_EQ(reader_.in.capacity(), 0u);
  }

 private:
  void Step() {
    steps_++;
    switch (input_.Below(8)) {
      case 0:
        reader_.format = plain_.format = FormatFrom(input_);
        reader_.in.FormatChanged();
        return;
      case 1:
        if (reader_.format.mode == PacketMode::kRaw) reader_.format.expect = plain_.format.expect = input_.Magnitude(kMaxStreamBytes);
        return;
      case 2:
        reader_.packets_allowed = input_.Below(4);
        reader_.Read();
        return;
      case 3: {
        const std::string more = TextOf(input_.Take(input_.Byte()));
        plain_.PutBack(more);
        reader_.in.Prepend({reinterpret_cast<const uint8_t*>(more.data()), more.size()});
        come_ += more.size();
        return;
      }
      default: {
        const std::string more = BytesFrom(input_, reader_.format);
        reader_.packets_allowed = input_.Bit() ? SIZE_MAX : input_.Below(4);
        reader_.most_raw = kLeastRead + input_.Magnitude(100'000);
        plain_.bytes += more;
        come_ += more.size();
        reader_.Come(more);
      }
    }
  }

  void Compare() {
    for (; compared_ < reader_.packets.size(); compared_++) plain_.ExpectNext(reader_.packets[compared_]);
    if (reader_.too_long) EXPECT_TRUE(plain_.NextIsTooLong());
    EXPECT_EQ(reader_.in.size() + reader_.unread(), plain_.left());
    EXPECT_TRUE(reader_.in.capacity() <= 4 * come_ + 80 * 1024);
    EXPECT_TRUE(reader_.copied <= kCopiesPerByte * come_ + kCopiedPerStep * steps_);
  }

  Input& input_;
  StreamReader reader_;
  PlainReader plain_;
  size_t compared_ = 0, come_ = 0, steps_ = 0;
};

void Queue(Input& input) {
  framing::OutputQueue queue;
  std::string plain;
  while (!input.empty()) {
    switch (input.Below(4)) {
      case 0:
        plain.erase(0, std::min<size_t>(input.Byte(), plain.size()));
        queue.TakeFront(queue.size() - plain.size());
        break;
      case 1:
        plain.clear();
        queue.UseMemory(queue.TakeMemory());
        break;
      default: {
        const Bytes more = input.Take(input.Byte());
        plain += TextOf(more);
        queue.Append(more);
      }
    }
    EXPECT_EQ(queue.empty(), plain.empty());
    EXPECT_TRUE(TextOf(queue.bytes()) == plain);
  }
}

}  // namespace
}  // namespace mailport::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mailport::fuzz::Input input(data, size);
  if (input.Below(8) == 0) {
    mailport::fuzz::Queue(input);
  } else {
    mailport::fuzz::Comparison(input).Run();
  }
  return 0;
}
