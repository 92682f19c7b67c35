#include "app/running_file.h"

#include "base/buf.h"
#include "base/file.h"

#include <unistd.h>

enum { TEXT_BYTES_MAX = 4096 };
static const char NAME[] = "RUNNING";

enum status running_file_write(int data_fd, const char *public_url, const char *admin_url,
                               struct fault *fault)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    buf_append_format(&text, "{\"pid\":%ld,\"public_url\":\"%s\",\"admin_url\":\"%s\"}\n",
                      (long)getpid(), public_url, admin_url);
    enum status status = buf_status(&text);
    if (status == STATUS_OK) {
        status = file_replace(data_fd, NAME, buf_view(&text), fault);
    }
    buf_free(&text);
    return status;
}

void running_file_remove(int data_fd)
{
    unlinkat(data_fd, NAME, 0);
}
