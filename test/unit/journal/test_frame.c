#include "journal/frame.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const struct frame_segment SEGMENT = {.stream = 0x1122334455667788,
                                             .number = 7,
                                             .created_ms = 1763942400123,
                                             .ended_number = 6,
                                             .first = 4096,
                                             .ended_offset = 4096};
static const uint64_t OFFSET = FRAME_SEGMENT_HEADER_BYTES;

static struct frame_event event_with(uint64_t seq, const char *row)
{
    return (struct frame_event){.ingest_seq = seq,
                                .received_ms = 1763942400456,
                                .site_hash = 42,
                                .key_hash = {1, 2},
                                .kind = FRAME_EVENT,
                                .row = view_from_text(row)};
}

static void write_two_events(struct buf *out)
{
    buf_init(out, FRAME_BYTES_MAX);
    size_t begin = frame_begin(out);
    struct frame_event first = event_with(10, "{\"name\":\"a\"}");
    struct frame_event second = event_with(11, "{}");
    assert_int_equal(frame_add(out, &first), STATUS_OK);
    assert_int_equal(frame_add(out, &second), STATUS_OK);
    assert_int_equal(frame_end(out, begin, 2), STATUS_OK);
    struct frame_place place = {&SEGMENT, OFFSET, 0};
    assert_int_equal(frame_seal(out->at + begin, &place), out->len - begin);
}

static void gives_back_the_events_it_was_given(void **state)
{
    (void)state;
    struct buf out;
    write_two_events(&out);
    struct frame frame;
    struct fault fault;
    assert_int_equal(frame_read(buf_view(&out), &SEGMENT, OFFSET, &frame, &fault), STATUS_OK);
    assert_int_equal(frame.events, 2);
    assert_int_equal(frame.bytes, out.len);
    assert_int_equal(frame.bytes % FRAME_ALIGN_BYTES, 0);

    struct frame_event event;
    assert_int_equal(frame_next_event(&frame.body, &event), STATUS_OK);
    assert_int_equal(event.ingest_seq, 10);
    assert_int_equal(event.received_ms, 1763942400456);
    assert_int_equal(event.site_hash, 42);
    assert_int_equal(event.key_hash[1], 2);
    assert_int_equal(event.kind, FRAME_EVENT);
    assert_true(view_is(event.row, "{\"name\":\"a\"}"));
    assert_int_equal(frame_next_event(&frame.body, &event), STATUS_OK);
    assert_true(view_is(event.row, "{}"));
    assert_int_equal(frame_next_event(&frame.body, &event), STATUS_END);
    buf_free(&out);
}

static void names_damage_wherever_a_byte_is_changed(void **state)
{
    (void)state;
    struct buf out;
    write_two_events(&out);
    for (size_t i = 0; i < out.len; i++) {
        out.at[i] = (char)(out.at[i] ^ 0x20);
        struct frame frame;
        struct fault fault = {0};
        assert_int_equal(frame_read(buf_view(&out), &SEGMENT, OFFSET, &frame, &fault),
                         STATUS_DAMAGED);
        assert_true(fault.text[0] != 0);
        out.at[i] = (char)(out.at[i] ^ 0x20);
    }
    buf_free(&out);
}

static void is_whole_or_absent_at_every_cut(void **state)
{
    (void)state;
    struct buf out;
    write_two_events(&out);
    for (size_t len = 0; len < out.len; len++) {
        struct frame frame;
        enum status status = frame_read(view_make(out.at, len), &SEGMENT, OFFSET, &frame, NULL);
        assert_int_equal(status, len == 0 ? STATUS_END : STATUS_DAMAGED);
    }
    buf_free(&out);
}

static void does_not_look_alive_in_another_place(void **state)
{
    (void)state;
    struct buf out;
    write_two_events(&out);
    struct frame frame;
    struct frame_segment recycled = SEGMENT;
    recycled.number++;
    struct frame_segment stranger = SEGMENT;
    stranger.stream++;
    struct view bytes = buf_view(&out);
    assert_int_equal(frame_read(bytes, &recycled, OFFSET, &frame, NULL), STATUS_DAMAGED);
    assert_int_equal(frame_read(bytes, &stranger, OFFSET, &frame, NULL), STATUS_DAMAGED);
    assert_int_equal(frame_read(bytes, &SEGMENT, OFFSET + 8, &frame, NULL), STATUS_DAMAGED);
    buf_free(&out);
}

static void ends_at_zeros(void **state)
{
    (void)state;
    static const char zeros[4096];
    struct frame frame;
    assert_int_equal(frame_read(view_make(zeros, sizeof(zeros)), &SEGMENT, OFFSET, &frame, NULL),
                     STATUS_END);
    assert_int_equal(frame_read(view_make(NULL, 0), &SEGMENT, OFFSET, &frame, NULL), STATUS_END);
}

static void leaves_the_buffer_as_it_was_when_a_frame_is_too_big(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 200);
    buf_append_text(&out, "12345678");
    size_t begin = frame_begin(&out);
    struct frame_event event = event_with(1, "{\"a\":\"0123456789012345678901234567890123456789"
                                             "0123456789012345678901234567890123456789\"}");
    for (int i = 0; i < 3; i++) {
        frame_add(&out, &event);
    }
    assert_int_equal(frame_end(&out, begin, 3), STATUS_TOO_BIG);
    assert_true(view_is(buf_view(&out), "12345678"));
    assert_int_equal(buf_status(&out), STATUS_OK);
    buf_free(&out);
}

static void reads_its_own_segment_header_and_refuses_all_others(void **state)
{
    (void)state;
    char bytes[FRAME_SEGMENT_HEADER_BYTES];
    frame_write_segment(&SEGMENT, bytes);
    struct frame_segment read;
    struct fault fault = {0};
    assert_int_equal(frame_read_segment(view_make(bytes, sizeof(bytes)), &read, &fault), STATUS_OK);
    assert_int_equal(read.stream, SEGMENT.stream);
    assert_int_equal(read.number, SEGMENT.number);
    assert_int_equal(read.created_ms, SEGMENT.created_ms);
    assert_int_equal(read.ended_number, SEGMENT.ended_number);
    assert_int_equal(read.ended_offset, SEGMENT.ended_offset);
    assert_int_equal(read.first, SEGMENT.first);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(bytes[i] ^ 1);
        assert_int_equal(frame_read_segment(view_make(bytes, sizeof(bytes)), &read, &fault),
                         STATUS_DAMAGED);
        bytes[i] = (char)(bytes[i] ^ 1);
        assert_int_equal(frame_read_segment(view_make(bytes, i), &read, &fault), STATUS_DAMAGED);
    }
}

static void a_header_whose_first_frame_stands_within_itself_is_refused(void **state)
{
    (void)state;
    char bytes[FRAME_SEGMENT_HEADER_BYTES];
    struct frame_segment read;
    struct fault fault = {0};
    static const uint32_t impossible[] = {0, 8, 56, 4097};
    for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
        struct frame_segment segment = SEGMENT;
        segment.first = impossible[i];
        frame_write_segment(&segment, bytes);
        assert_int_equal(frame_read_segment(view_make(bytes, sizeof(bytes)), &read, &fault),
                         STATUS_DAMAGED);
    }
}

/* It is padding, and sealed as such. */
static void a_stretched_frame_reads_as_before(void **state)
{
    (void)state;
    struct buf out;
    struct frame frame;
    struct fault fault = {0};
    buf_init(&out, 1 << 16);
    size_t at = frame_begin(&out);
    struct frame_event event = {.ingest_seq = 9, .kind = FRAME_EVENT, .row = VIEW_LITERAL("{}")};
    assert_int_equal(frame_add(&out, &event), STATUS_OK);
    assert_int_equal(frame_end(&out, at, 1), STATUS_OK);
    memset(buf_reserve(&out, 4096 - out.len), 0, 4096 - out.len);
    buf_used(&out, 4096 - out.len);
    frame_stretch(out.at + at, 4096);
    struct frame_place place = {.segment = &SEGMENT, .offset = OFFSET};
    assert_int_equal(frame_seal(out.at, &place), 4096);
    assert_int_equal(frame_read(buf_view(&out), &SEGMENT, OFFSET, &frame, &fault), STATUS_OK);
    assert_int_equal(frame.bytes, 4096);
    assert_int_equal(frame_next_event(&frame.body, &event), STATUS_OK);
    assert_int_equal(event.ingest_seq, 9);
    assert_int_equal(frame_next_event(&frame.body, &event), STATUS_END);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_whose_first_frame_stands_within_itself_is_refused),
        cmocka_unit_test(a_stretched_frame_reads_as_before),
        cmocka_unit_test(gives_back_the_events_it_was_given),
        cmocka_unit_test(names_damage_wherever_a_byte_is_changed),
        cmocka_unit_test(is_whole_or_absent_at_every_cut),
        cmocka_unit_test(does_not_look_alive_in_another_place),
        cmocka_unit_test(ends_at_zeros),
        cmocka_unit_test(leaves_the_buffer_as_it_was_when_a_frame_is_too_big),
        cmocka_unit_test(reads_its_own_segment_header_and_refuses_all_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
