// SPDX-License-Identifier: BSL-1.0
// imsend - send instant messages from the shell.  Manual: man/imsend.1
#include "libim/app/tool.hpp"
#include "tools/imsend/options.hpp"
#include "tools/imsend/outbox.hpp"
#include "tools/imsend/post.hpp"
#include "tools/imsend/stream.hpp"

namespace {

int send(im::app::Tool& tool) {
    switch (im::imsend::taskOf(tool)) {
        case im::imsend::Task::ListOutbox:
            return im::imsend::listOutbox(tool);
        case im::imsend::Task::Flush:
            return im::imsend::flushOutbox(tool);
        case im::imsend::Task::Send:
            break;
    }
    const im::imsend::Plan plan = im::imsend::planOf(tool);
    im::imsend::Post post(tool, plan);
    im::imsend::Stream messages(tool, plan, post);
    if (plan.readsStdin()) {
        messages.run();
    } else {
        messages.sendGiven();
    }
    return post.status();
}

}  // namespace

int main(int argc, char** argv) {
    return im::app::runTool(im::imsend::kInfo, argc, argv, send);
}
