/**
 * The questions that a lake of bench/lake is asked: in SQL of `pipes query` with its views and
 * macros, in plain SQL of DuckDB, in SQL of ClickHouse, and what the generator's truth says. All
 * give the same rows of plain numbers and strings.
 *
 * DuckDB's are over a view `events`, ClickHouse's over a table of that name, both with the columns
 * of src/event/columns.c. DuckDB's own way differs from ClickHouse's on purpose (joins and windows
 * here, windowFunnel() and retention() there): two engines that agree by different ways.
 */
'use strict';

const REAL = 'not coalesce(is_test, false)';
const quoted = (text) => `'${text}'`;
const firstDay = (truth) => quoted(truth.start.slice(0, 10));

/** A level per visitor by joins: the latest first step of a chain that reaches each event. */
function funnelOfDuck(truth) {
    const {steps, window_ms: window} = truth.funnel;
    const chains = steps.slice(1).map((step, i) => `
        chain${i + 1} as (
            select e.anonymous_id, e.time, max(c.began) as began
            from steps e asof join chain${i} c
                on e.anonymous_id = c.anonymous_id and e.time > c.time
            where e.name = ${quoted(step)} and e.time - c.began <= to_milliseconds(${window})
            group by all
        )`);
    const counts = steps.map((_, i) => `
        select ${i + 1} as step, count(distinct anonymous_id) as visitors from chain${i}`);
    return `with steps as materialized (
            select anonymous_id, time, name from events
            where ${REAL} and anonymous_id is not null and name in (${steps.map(quoted)})
        ), chain0 as (
            select anonymous_id, time, time as began from steps where name = ${quoted(steps[0])}
        ), ${chains.join(',')} ${counts.join(' union all ')} order by step`;
}

function funnelOfClickhouse(truth) {
    const {steps, window_ms: window} = truth.funnel;
    const conditions = steps.map((step) => `name = ${quoted(step)}`).join(', ');
    const counts = steps.map((_, i) => `
        select ${i + 1} as step, countIf(level >= ${i + 1}) as visitors from levels`);
    return `with levels as (
            select anonymous_id, windowFunnel(${window})(
                toUInt64(toUnixTimestamp64Milli(time)), ${conditions}) as level
            from events where ${REAL} and anonymous_id is not null group by anonymous_id
        ) select * from (${counts.join(' union all ')}) order by step`;
}

/** Each visitor's days, one behind the other, from the first on. */
function retentionOfClickhouse(truth) {
    const days = Array.from({length: truth.days}, (_, i) => i);
    // The last one never holds: retention() wants two, and the youngest cohort has one day.
    const conditions = (first) => [...days.slice(first), -1]
        .map((day) => `day = ${day}`).join(', ');
    const cohorts = days.map((first) => `
        select ${first} as cohort, arrayPopBack(sumForEach(r)) as found from (
            select retention(${conditions(first)}) as r from days
            where first_day = ${first} group by anonymous_id)`);
    return `with days as (
            select anonymous_id, day, min(day) over (partition by anonymous_id) as first_day
            from (select distinct anonymous_id,
                    dateDiff('day', toDate(${firstDay(truth)}), toDate(time)) as day
                from events where ${REAL} and anonymous_id is not null)
        ) select cohort, at - 1 as later, visitors
        from (${cohorts.join(' union all ')})
        array join found as visitors, arrayEnumerate(found) as at order by cohort, later`;
}

const retentionOfDuck = (truth) => `
    with days as (
        select distinct anonymous_id,
            date_diff('day', date ${firstDay(truth)}, time::date) as day
        from events where ${REAL} and anonymous_id is not null
    ), firsts as (select anonymous_id, min(day) as first_day from days group by 1),
    cells as (
        select first_day as cohort, day - first_day as later, count(*) as visitors
        from days join firsts using (anonymous_id) group by 1, 2
    )
    select cohort, later, coalesce(visitors, 0) as visitors
    from (select c.range as cohort, l.range as later
        from range(${truth.days}) c, range(${truth.days}) l where c.range + l.range < ${truth.days})
    left join cells using (cohort, later) order by cohort, later`;

const SESSIONS = `
    select count(*) as sessions, sum(made)::bigint as events, sum(seen)::bigint as page_views,
        count(*) filter (where seen = 1) as bounces, sum(took)::bigint as duration_ms
    from (select session_id, count(*) as made, count(*) filter (where type = 'page') as seen,
            date_diff('millisecond', min(time), max(time)) as took
        from events where ${REAL} and session_id is not null group by 1)`;

/** By silence alone: a session begins where there was none for half an hour. */
const silenceOf = (epoch, lag) => `
    select count(*) as sessions from (
        select time, ${lag} as before
        from events where ${REAL} and anonymous_id is not null and session_id is not null)
    where before is null or ${epoch('time')} - ${epoch('before')} > 1800000`;

/** What `pipes query` calls `events` has no tests in it: the same SQL does. */
const asDuck = (question) => question.duckdb;

const QUESTIONS = [
    {
        name: 'hourly_uniques',
        title: 'hourly uniques',
        pipes: () => `select strftime(date_trunc('hour', utc(time)), '%Y-%m-%dT%H') as hour,
            count(*) as events, count(distinct anonymous_id) as visitors
            from events group by 1 order by 1`,
        duckdb: () => `select strftime(date_trunc('hour', time), '%Y-%m-%dT%H') as hour,
            count(*) as events, count(distinct anonymous_id) as visitors
            from events where ${REAL} group by 1 order by 1`,
        clickhouse: () => `select formatDateTime(toStartOfHour(time), '%Y-%m-%dT%H', 'UTC') as hour,
            count() as events, uniqExact(anonymous_id) as visitors
            from events where ${REAL} group by hour order by hour`,
        truth: (truth) => truth.hourly.filter((row) => row.events > 0),
    },
    {
        name: 'top_pages',
        title: 'top pages',
        duckdb: (truth) => `select site, path, count(*) as views,
            count(distinct anonymous_id) as visitors
            from events where ${REAL} and type = 'page' group by 1, 2
            having views >= ${truth.top_pages[truth.top_pages.length - 1].views}
            order by views desc, site, path`,
        clickhouse: (truth) => `select site, path, count() as views,
            uniqExact(anonymous_id) as visitors
            from events where ${REAL} and type = 'page' group by site, path
            having views >= ${truth.top_pages[truth.top_pages.length - 1].views}
            order by views desc, site, path`,
        truth: (truth) => [...truth.top_pages].sort((a, b) => b.views - a.views ||
            (a.site + a.path < b.site + b.path ? -1 : 1)),
    },
    {
        name: 'funnel',
        title: '4-step funnel, 24 h',
        pipes: ({funnel}) => `select step, persons as visitors
            from funnel([${funnel.steps.map(quoted)}], within := interval 24 hour)`,
        duckdb: funnelOfDuck,
        clickhouse: funnelOfClickhouse,
        truth: (truth) => truth.funnel.visitors.map((visitors, i) => ({step: i + 1, visitors})),
    },
    {
        name: 'retention',
        title: '7-day retention',
        pipes: (truth) => `select *
            from (select date_diff('day', date ${firstDay(truth)}, cohort) as cohort,
                after as later, persons as visitors from retention(periods := ${truth.days - 1}))
            where cohort + later < ${truth.days} order by cohort, later`,
        duckdb: retentionOfDuck,
        clickhouse: retentionOfClickhouse,
        truth: (truth) => truth.retention.cohorts.flatMap((cohort, i) =>
            cohort.visitors.map((visitors, later) => ({cohort: i, later, visitors}))),
    },
    {
        name: 'sessions',
        title: 'sessions by id',
        // Servers' events make sessions of their own there, which no browser has a part in.
        pipes: () => `select count(*) as sessions, sum(events)::bigint as events,
            sum(page_views)::bigint as page_views,
            count(*) filter (where page_views = 1) as bounces,
            sum(duration_ms)::bigint as duration_ms
            from sessions where anonymous_id is not null`,
        duckdb: () => SESSIONS,
        clickhouse: () => SESSIONS.replace(/::bigint/g, '')
            .replace(/count\(\*\) filter \(where ([^)]*)\)/g, 'countIf($1)'),
        truth: ({sessions}) => [{sessions: sessions.count, events: sessions.events,
            page_views: sessions.page_views, bounces: sessions.bounces,
            duration_ms: sessions.duration_ms}],
    },
    {
        name: 'sessions_by_silence',
        title: 'sessions by silence',
        duckdb: () => silenceOf((time) => `epoch_ms(${time})`,
            'lag(time) over (partition by anonymous_id order by time)'),
        clickhouse: () => silenceOf((time) => `toUnixTimestamp64Milli(${time})`,
            'lagInFrame(time::Nullable(DateTime64(3))) over (partition by anonymous_id ' +
            'order by time rows between 1 preceding and current row)'),
        truth: (truth) => [{sessions: truth.sessions.count}],
    },
    {
        name: 'revenue',
        title: 'revenue, a property',
        duckdb: () => `select sum(round((properties::json ->> '$.revenue')::double * 100))::bigint
            as cents from events where ${REAL} and name = 'order_completed'`,
        clickhouse: () => `select toInt64(sum(round(JSONExtractFloat(assumeNotNull(properties),
            'revenue') * 100))) as cents from events where ${REAL} and name = 'order_completed'`,
        truth: (truth) => [{cents: truth.revenue_cents}],
    },
];

QUESTIONS.push({
    name: 'persons',
    title: 'persons, stitched',
    pipes: () => 'select count(*) as persons from users',
    truth: (truth) => [{persons: truth.users.persons}],
});
for (const question of QUESTIONS) {
    question.pipes = question.pipes || asDuck(question);
}

/** Rows whose numbers came as text (64 bits in JSON) as numbers. */
function plain(rows) {
    return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) =>
        [name, typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value])));
}

module.exports = {QUESTIONS, plain};
