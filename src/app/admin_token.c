#include "app/admin_token.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/uuid.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RANDOM_BYTES = 16, MODE = 0600 };
static const char NAME[] = "ADMIN_TOKEN";
static const char BESIDE[] = "_ADMIN_TOKEN";

/* With its final mode from the first byte on. */
static enum status write_token(int data_fd, struct view text, struct fault *fault)
{
    unlinkat(data_fd, BESIDE, 0);
    int fd = openat(data_fd, BESIDE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot create %s", BESIDE);
    }
    enum status status = file_write_at(fd, text, 0, fault);
    close(fd);
    if (status == STATUS_OK && renameat(data_fd, BESIDE, data_fd, NAME) != 0) {
        status = fault_errno(fault, errno, "cannot rename %s to %s", BESIDE, NAME);
    }
    return status;
}

enum status admin_token_make(int data_fd, char token[ADMIN_TOKEN_BYTES], struct fault *fault)
{
    unsigned char bytes[RANDOM_BYTES];
    enum status status = uuid_random(bytes, sizeof(bytes), fault);
    hex_write(token, bytes, RANDOM_BYTES);
    token[2 * RANDOM_BYTES] = 0;
    return status == STATUS_OK ? write_token(data_fd, view_from_text(token), fault) : status;
}

enum status admin_token_read(int data_fd, char token[ADMIN_TOKEN_BYTES], struct fault *fault)
{
    struct buf text;
    memset(token, 0, ADMIN_TOKEN_BYTES);
    buf_init_over(&text, token, ADMIN_TOKEN_BYTES - 1);
    return file_read(data_fd, NAME, &text, fault);
}

void admin_token_remove(int data_fd)
{
    unlinkat(data_fd, NAME, 0);
}

bool admin_token_is(const char token[ADMIN_TOKEN_BYTES], struct view authorization)
{
    static const char SCHEME[] = "Bearer ";
    struct view given = view_starts_with(authorization, SCHEME)
                            ? view_part(authorization, sizeof(SCHEME) - 1, authorization.len)
                            : view_make(NULL, 0);
    if (given.len != ADMIN_TOKEN_BYTES - 1) {
        return false;
    }
    unsigned char difference = 0;
    for (size_t i = 0; i < given.len; i++) {
        difference |= (unsigned char)(given.at[i] ^ token[i]);
    }
    return difference == 0;
}
