// json_parse() beside simdjson's DOM parser on 20,000 distinct events of about 1 kB.
//
//     gcc -std=c11 -D_GNU_SOURCE -O2 -Isrc -c src/base/{json,json_text,view,arena,status}.c
//     g++ -std=c++17 -O3 -Isrc -o bench_json bench/bench_json.cpp *.o -lsimdjson
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <random>
#include <simdjson.h>
#include <string>
#include <vector>

extern "C" {
#include "base/json.h"
}

static const int event_count = 20000;
static const int pass_count = 25;

static double cpu_sec()
{
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

static std::string word(std::mt19937 &random, int low, int high)
{
    std::string text;
    int len = low + int(random() % unsigned(high - low + 1));
    for (int i = 0; i < len; ++i) {
        text += "abcdefghijklmnopqrstuvwxyz0123456789-_"[random() % 38];
    }
    return text;
}

static std::string make_event(std::mt19937 &random)
{
    auto number = [&](unsigned below) { return std::to_string(random() % below); };
    std::string e = "{\"type\":\"page_view\",\"event_id\":\"" + word(random, 36, 36) + "\"";
    e += ",\"time\":17" + number(900000000) + "123,\"user\":{\"id\":\"" + word(random, 8, 20);
    e += "\",\"anonymous_id\":\"" + word(random, 36, 36) + "\",\"is_new\":";
    e += random() % 2 ? "true" : "false";
    e += ",\"plan\":null,\"traits\":{\"name\":\"J\u00fcrgen " + word(random, 4, 12);
    e += "\",\"age\":" + number(90) + ",\"score\":0." + number(100000) + "}}";
    e += ",\"page\":{\"url\":\"https://www.example.com/" + word(random, 5, 40) + "?q=";
    e += word(random, 3, 15) + "\",\"title\":\"" + word(random, 10, 50);
    e += " \\\"quoted\\\" text\",\"referrer\":\"https://search.example.org/" + word(random, 5, 30);
    e += "\"},\"context\":{\"library\":{\"name\":\"pipes-js\",\"version\":\"1." + number(20);
    e += ".0\"},\"screen\":{\"width\":" + number(3000) + ",\"height\":" + number(2000);
    e += ",\"density\":2.0},\"locale\":\"en-US\",\"timezone\":\"Europe/Berlin\",\"user_agent\":"
         "\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/12";
    e += number(10) + ".0.0.0 Safari/537.36\"},\"items\":[";
    for (unsigned i = 0, n = 1 + random() % 3; i < n; ++i) {
        e += std::string(i ? "," : "") + "{\"sku\":\"" + word(random, 6, 12) + "\",\"price\":";
        e += number(500) + "." + number(100) + ",\"quantity\":" + number(10) + "}";
    }
    e += "],\"campaign\":{\"source\":\"newsletter\",\"medium\":\"email\",\"name\":\"";
    e += word(random, 8, 30) + "\",\"term\":null},\"session\":{\"id\":\"" + word(random, 32, 32);
    e += "\",\"number\":" + number(50) + "}";
    return e + ",\"tags\":[\"" + word(random, 3, 9) + "\",\"" + word(random, 3, 9) + "\"]}";
}

static double run_ours(const std::vector<std::string> &events, arena *memory)
{
    double start = cpu_sec();
    for (const std::string &event : events) {
        json doc;
        arena_clear(memory);
        if (json_parse(&doc, view_make(event.data(), event.size()), memory, nullptr, nullptr)) {
            std::abort();
        }
    }
    return cpu_sec() - start;
}

static double run_simdjson(const std::vector<simdjson::padded_string> &events,
                           simdjson::dom::parser &parser)
{
    double start = cpu_sec();
    for (const simdjson::padded_string &event : events) {
        if (parser.parse(event).error()) {
            std::abort();
        }
    }
    return cpu_sec() - start;
}

static double report(const char *name, std::vector<double> times, size_t bytes)
{
    std::sort(times.begin(), times.end());
    double best = double(bytes) / times.front() * 1e-9;
    double median = double(bytes) / times[times.size() / 2] * 1e-9;
    std::printf("%-10s best %.3f GB/s, median %.3f GB/s\n", name, best, median);
    return median;
}

int main()
{
    std::mt19937 random(42);
    std::vector<std::string> events;
    std::vector<simdjson::padded_string> padded;
    size_t bytes = 0;
    for (int i = 0; i < event_count; ++i) {
        events.push_back(make_event(random));
        padded.emplace_back(events.back());
        bytes += events.back().size();
    }
    arena memory;
    arena_init(&memory, 64 << 20);
    simdjson::dom::parser parser;
    std::vector<double> ours;
    std::vector<double> theirs;
    for (int pass = 0; pass < pass_count; ++pass) {
        ours.push_back(run_ours(events, &memory));
        theirs.push_back(run_simdjson(padded, parser));
    }
    arena_free(&memory);
    std::printf("%d events, %zu bytes on average, simdjson %d.%d.%d (%s)\n", event_count,
                bytes / event_count, simdjson::SIMDJSON_VERSION_MAJOR,
                simdjson::SIMDJSON_VERSION_MINOR, simdjson::SIMDJSON_VERSION_REVISION,
                simdjson::get_active_implementation()->name().c_str());
    double a = report("json_parse", ours, bytes);
    double b = report("simdjson", theirs, bytes);
    std::printf("ratio of medians %.2f\n", a / b);
}
