#include "event/column_ddl.h"

enum { TYPES = COLUMN_JSON + 1 };

struct column_ddl {
    const char *name;
    const char *begin;
    const char *quote;        /* around a name */
    const char *between;      /* name and type */
    const char *types[TYPES]; /* by enum column_type */
    const char *end;
};

static const char NAMES[] = "athena|spark|clickhouse|duckdb";

static const struct column_ddl DDLS[] = {
    {
        .name = "athena",
        .begin = "CREATE EXTERNAL TABLE events (\n",
        .quote = "`",
        .between = " ",
        .types = {"string", "bigint", "double", "boolean", "timestamp", "string"},
        /* Partitions follow from the names: no crawler, no repair when an hour was added. */
        .end = "\n)\nPARTITIONED BY (`date` string, `hour` int)\n"
               "STORED AS PARQUET\n"
               "LOCATION 's3://BUCKET/lake/events/'\n"
               "TBLPROPERTIES (\n"
               "  'projection.enabled' = 'true',\n"
               "  'projection.date.type' = 'date',\n"
               "  'projection.date.format' = 'yyyy-MM-dd',\n"
               "  'projection.date.range' = '2026-01-01,NOW',\n"
               "  'projection.hour.type' = 'integer',\n"
               "  'projection.hour.range' = '0,23',\n"
               "  'projection.hour.digits' = '2',\n"
               "  'storage.location.template' =\n"
               "    's3://BUCKET/lake/events/date=${date}/hour=${hour}/'\n"
               ");\n",
    },
    {
        .name = "spark",
        .begin = "CREATE TABLE events (\n",
        .quote = "`",
        .between = " ",
        .types = {"STRING", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP", "STRING"},
        .end = ",\n  `date` STRING,\n  `hour` INT\n)\n"
               "USING parquet\n"
               "PARTITIONED BY (`date`, `hour`)\n"
               "LOCATION 's3a://BUCKET/lake/events';\n"
               "MSCK REPAIR TABLE events;\n",
    },
    {
        .name = "clickhouse",
        .begin = "CREATE VIEW events AS SELECT * FROM s3(\n"
                 "  'https://BUCKET.s3.amazonaws.com/lake/events/*/*/events.parquet',\n"
                 "  'Parquet', $$\n",
        .quote = "`",
        .between = " ",
        .types = {"Nullable(String)", "Nullable(Int64)", "Nullable(Float64)", "Nullable(Bool)",
                  "Nullable(DateTime64(6, 'UTC'))", "Nullable(String)"},
        .end = "\n$$);\n",
    },
    {
        .name = "duckdb",
        .begin = "CREATE VIEW raw AS SELECT * FROM read_json(\n"
                 "  'data/lake/raw/*/*/part-*.ndjson.zst', format = 'newline_delimited',\n"
                 "  columns = {\n",
        .quote = "\"",
        .between = ": ",
        .types = {"'VARCHAR'", "'BIGINT'", "'DOUBLE'", "'BOOLEAN'", "'TIMESTAMPTZ'", "'JSON'"},
        .end = "\n});\n",
    },
};

const char *column_ddl_names(void)
{
    return NAMES;
}

const struct column_ddl *column_ddl_find(struct view name)
{
    for (size_t i = 0; i < sizeof(DDLS) / sizeof(DDLS[0]); i++) {
        if (view_is(name, DDLS[i].name)) {
            return &DDLS[i];
        }
    }
    return NULL;
}

enum status column_ddl_append(struct buf *out, const struct column_ddl *ddl)
{
    buf_append_text(out, ddl->begin);
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        buf_append_format(out, "%s  %s%s%s%s%s", i > 0 ? ",\n" : "", ddl->quote, columns[i].name,
                          ddl->quote, ddl->between, ddl->types[columns[i].type]);
    }
    buf_append_text(out, ddl->end);
    return buf_status(out);
}
