// The length of the packet that was taken last, by which the next reads are measured.
#include <string>

#include "check.h"
#include "framing.h"

namespace mailport::framing::test {

TEST("the packet that was taken last is as long as it was on the stream, wherever it lay") {
  StreamReader reader({PacketMode::kFour, '\n', 0, kDefaultBufferBytes, 0});
  EXPECT_EQ(reader.in.last_whole(), 0u);
  reader.Come(Framed(PacketMode::kFour, std::string(100, 'a')) + Framed(PacketMode::kFour, std::string(50, 'b')));
  EXPECT_EQ(reader.in.last_whole(), 54u);
  reader.Come(Framed(PacketMode::kFour, std::string(Inbound::kOwnBytes, 'c')));
  EXPECT_EQ(reader.in.last_whole(), Inbound::kOwnBytes + 4);
  // Cut off, and held.
  reader.Come(Framed(PacketMode::kFour, "four").substr(0, 6));
  EXPECT_EQ(reader.in.last_whole(), Inbound::kOwnBytes + 4);
  reader.Come("ur");
  EXPECT_EQ(reader.in.last_whole(), 8u);
  EXPECT_EQ(reader.packets.size(), 4u);
}

}  // namespace mailport::framing::test
