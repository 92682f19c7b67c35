#include "enrich/bot_reasons.h"

const struct bot_reason_row bot_reasons[BOT_REASONS] = {
    [BOT_CRAWLER] = {"crawler", 100},      [BOT_HEADLESS] = {"headless", 100},
    [BOT_WEBDRIVER] = {"webdriver", 100},  [BOT_LIBRARY] = {"library", 100},
    [BOT_NO_AGENT] = {"no_agent", 100},    [BOT_MALFORMED] = {"malformed", 60},
    [BOT_DATACENTER] = {"datacenter", 50}, [BOT_CADENCE] = {"cadence", 60},
};

unsigned bot_reasons_score(uint32_t reasons)
{
    unsigned score = 0;
    for (uint32_t left = reasons; left != 0; left &= left - 1) {
        score += bot_reasons[__builtin_ctz(left)].weight;
    }
    return score;
}

struct view bot_reasons_text(uint32_t reasons, char text[BOT_REASON_TEXT_BYTES])
{
    size_t len = 0;
    for (uint32_t left = reasons; left != 0; left &= left - 1) {
        struct view code = view_from_text(bot_reasons[__builtin_ctz(left)].code);
        if (len > 0) {
            text[len++] = ',';
        }
        memcpy(text + len, code.at, code.len);
        len += code.len;
    }
    return view_make(text, len);
}
