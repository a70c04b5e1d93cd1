// All extensions in one association: authenticated chunks (RFC 4895), I-DATA (RFC 8260), messages that need not arrive (RFC 3758), re-configuration (RFC 6525), changes
// of addresses (RFC 5061) and packets without a checksum (RFC 9653). Each is tested alone elsewhere; here they meet.
#include "everything.h"

#include <cerrno>

namespace mailport::sctp::test {
namespace {

TEST("all extensions at once over bad links: each message arrives once and in order, or is reported; both ends agree in the end, and nothing is left") {
  for (const uint64_t seed : check::Seeds(150)) {
    check::Note("seed " + std::to_string(seed));
    Everything run(seed);
    run.Go(40 + run.random.Below(100));
    run.Heal();
    run.Check();
    run.Finish();
    if (check::Failed()) return;
  }
}

TEST("an association with all extensions on shuts down, aborts, or loses its peer in the midst of whatever is asked for, and nothing is left") {
  for (const uint64_t seed : check::Seeds(150)) {
    for (const auto how : {Everything::Ending::kShutdown, Everything::Ending::kBothShutdown, Everything::Ending::kAbort, Everything::Ending::kVanish, Everything::Ending::kClose}) {
      check::Note("seed " + std::to_string(seed) + ", ending " + std::to_string(static_cast<int>(how)));
      Everything run(seed);
      run.Go(run.random.Below(60));
      run.EndBy(how);
      if (check::Failed()) return;
    }
  }
}

TEST("a peer that comes back in the midst of whatever is asked for begins anew, with all extensions, and nothing is left") {
  for (const uint64_t seed : check::Seeds(150)) {
    check::Note("seed " + std::to_string(seed));
    Everything run(seed);
    run.Go(run.random.Below(60));
    run.ComeBack();
    run.Go(30);
    run.Heal();
    run.Check();
    run.Finish();
    if (check::Failed()) return;
  }
}

}  // namespace
}  // namespace mailport::sctp::test
