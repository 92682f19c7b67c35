#include "lake/key_seed.h"

#include "base/file.h"
#include "base/uuid.h"

static const char SEED_FILE[] = "SEED";

static enum status make_seed(int data_fd, uint64_t *seed, struct fault *fault)
{
    struct buf text;
    buf_init(&text, 64);
    enum status status = uuid_random(seed, sizeof(*seed), fault);
    buf_append_uint64(&text, *seed);
    buf_append_byte(&text, '\n');
    if (status == STATUS_OK) {
        status = file_replace(data_fd, SEED_FILE, buf_view(&text), fault);
    }
    buf_free(&text);
    return status;
}

enum status key_seed_read(int data_fd, uint64_t *seed, struct fault *fault)
{
    struct buf text;
    buf_init(&text, 64);
    enum status status = file_read(data_fd, SEED_FILE, &text, fault);
    struct view line = buf_view(&text);
    if (status == STATUS_OK && !view_to_uint64(view_cut(&line, '\n'), seed)) {
        status = fault_set(fault, STATUS_DAMAGED,
                           "the file SEED in the data folder must hold one number");
    }
    buf_free(&text);
    return status;
}

enum status key_seed_load(int data_fd, uint64_t *seed, struct fault *fault)
{
    enum status status = key_seed_read(data_fd, seed, fault);
    return status == STATUS_NOT_FOUND ? make_seed(data_fd, seed, fault) : status;
}
