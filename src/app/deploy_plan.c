#include "app/deploy_plan.h"

#include "app/deploy_step.h"

#include <stdio.h>
#include <string.h>

static const char NOT_THERE[] = "   (not below a --root)";

void deploy_plan_init(struct deploy_plan *plan, struct arena *arena, const char *root)
{
    *plan = (struct deploy_plan){.arena = arena, .root = root};
}

static void add(struct deploy_plan *plan, const struct deploy_step *step)
{
    if (plan->count == DEPLOY_STEPS_MAX) {
        plan->is_broken = true;
        return;
    }
    plan->steps[plan->count++] = *step;
}

void deploy_plan_folder(struct deploy_plan *plan, const char *path, mode_t mode)
{
    add(plan, &(struct deploy_step){.kind = DEPLOY_FOLDER, .path = path, .mode = mode});
}

void deploy_plan_file(struct deploy_plan *plan, const char *path, mode_t mode, struct view bytes)
{
    add(plan,
        &(struct deploy_step){.kind = DEPLOY_FILE, .path = path, .mode = mode, .bytes = bytes});
}

void deploy_plan_copy(struct deploy_plan *plan, const char *source, const char *path, mode_t mode)
{
    add(plan,
        &(struct deploy_step){.kind = DEPLOY_COPY, .path = path, .mode = mode, .source = source});
}

void deploy_plan_line(struct deploy_plan *plan, const char *path, const char *line)
{
    add(plan, &(struct deploy_step){.kind = DEPLOY_LINE, .path = path, .source = line});
}

void deploy_plan_cut_line(struct deploy_plan *plan, const char *path, const char *line)
{
    add(plan, &(struct deploy_step){.kind = DEPLOY_CUT_LINE, .path = path, .source = line});
}

void deploy_plan_renew(struct deploy_plan *plan, const char *service)
{
    add(plan, &(struct deploy_step){.kind = DEPLOY_RENEW, .source = service});
}

void deploy_plan_gone(struct deploy_plan *plan, const char *path)
{
    add(plan, &(struct deploy_step){.kind = DEPLOY_GONE, .path = path});
}

void deploy_plan_tree_gone(struct deploy_plan *plan, const char *path)
{
    add(plan, &(struct deploy_step){.kind = DEPLOY_TREE_GONE, .path = path});
}

void deploy_plan_owned(struct deploy_plan *plan, const char *path, const char *user)
{
    add(plan, &(struct deploy_step){.kind = DEPLOY_OWNED, .path = path, .source = user});
}

void deploy_plan_readable(struct deploy_plan *plan, const char *path, const char *user)
{
    add(plan, &(struct deploy_step){.kind = DEPLOY_READABLE, .path = path, .source = user});
}

void deploy_plan_run(struct deploy_plan *plan, bool may_fail, const char *const *words)
{
    size_t count = 0;
    while (words[count]) {
        count++;
    }
    const char **kept = arena_alloc(plan->arena, (count + 1) * sizeof(*kept));
    if (!kept) {
        plan->is_broken = true;
        return;
    }
    memcpy(kept, words, (count + 1) * sizeof(*kept));
    add(plan, &(struct deploy_step){.kind = DEPLOY_RUN, .words = kept, .may_fail = may_fail});
}

static void show_words(struct buf *out, const char *const *words)
{
    for (size_t i = 0; words[i]; i++) {
        bool is_plain =
            words[i][0] && strcspn(words[i], " \t\n'\"$*;&|<>()`\\") == strlen(words[i]);
        buf_append_format(out, is_plain ? " %s" : " '%s'", words[i]);
    }
}

static void show_line(struct buf *out, const struct deploy_plan *plan,
                      const struct deploy_step *step)
{
    const char *root = plan->root;
    switch (step->kind) {
    case DEPLOY_FOLDER:
        buf_append_format(out, "folder   %s%s", root, step->path);
        break;
    case DEPLOY_FILE:
        buf_append_format(out, "file     %s%s", root, step->path);
        break;
    case DEPLOY_COPY:
        buf_append_format(out, "copy     %s to %s%s", step->source, root, step->path);
        break;
    case DEPLOY_LINE:
        buf_append_format(out, "line     \"%s\" in %s%s", step->source, root, step->path);
        break;
    case DEPLOY_CUT_LINE:
        buf_append_format(out, "no line  \"%s\" in %s%s", step->source, root, step->path);
        break;
    case DEPLOY_GONE:
        buf_append_format(out, "remove   %s%s", root, step->path);
        break;
    case DEPLOY_TREE_GONE:
        buf_append_format(out, "remove   %s%s and all that is in it", root, step->path);
        break;
    case DEPLOY_OWNED:
        buf_append_format(out, "owner    %s of %s%s", step->source, root, step->path);
        break;
    case DEPLOY_READABLE:
        buf_append_format(out, "check    %s can read %s%s", step->source, root, step->path);
        break;
    case DEPLOY_RUN:
        buf_append_text(out, "run     ");
        show_words(out, step->words);
        buf_append_text(out, root[0] ? NOT_THERE : "");
        break;
    case DEPLOY_RENEW:
        buf_append_format(out, "service  %s takes on what is new, or starts%s", step->source,
                          root[0] ? NOT_THERE : "");
        break;
    }
    buf_append_byte(out, '\n');
}

enum status deploy_plan_show(const struct deploy_plan *plan, struct buf *out)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct view rest = plan->steps[i].bytes;
        show_line(out, plan, &plan->steps[i]);
        while (rest.len > 0) {
            struct view line = view_cut(&rest, '\n');
            buf_append_text(out, "         | ");
            buf_append_view(out, line);
            buf_append_byte(out, '\n');
        }
    }
    return plan->is_broken ? STATUS_TOO_BIG : buf_status(out);
}

static void say(const struct deploy_plan *plan, const struct deploy_step *step, int out_fd)
{
    struct buf line;
    buf_init(&line, 1 << 16);
    show_line(&line, plan, step);
    dprintf(out_fd, "  %.*s", (int)line.len, line.at ? line.at : "");
    buf_free(&line);
}

enum status deploy_plan_do(const struct deploy_plan *plan, int out_fd, struct fault *fault)
{
    if (plan->is_broken) {
        return fault_set(fault, STATUS_TOO_BIG, "a plan of more than %d steps", DEPLOY_STEPS_MAX);
    }
    for (size_t i = 0; i < plan->count; i++) {
        const struct deploy_step *step = &plan->steps[i];
        bool is_command =
            (step->kind == DEPLOY_RUN || step->kind == DEPLOY_RENEW) && !plan->root[0];
        bool is_needed = true;
        if (is_command) {
            say(plan, step, out_fd); /* before what it says itself */
        }
        enum status status = deploy_step_do(step, plan->root, out_fd, &is_needed, fault);
        if (is_needed && !is_command) {
            say(plan, step, out_fd);
        }
        if (status != STATUS_OK && step->may_fail) {
            dprintf(out_fd, "           (%s; going on)\n", fault->text);
        } else if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}
