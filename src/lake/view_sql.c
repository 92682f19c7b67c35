#include "lake/view_sql.h"

/* Orders a visitor's events: by time, and within a millisecond as the page made them. */
#define ORDER "(epoch_ms(time) * 1048576 + coalesce(seq, ingest_seq) % 1048576)"

/* Visits. The tracker says which event belongs to which; events of other clients, which do not, are
 * cut where their sender was silent for 30 minutes. */
static const char SESSIONS[] =
    "create view sessions as "
    "with gaps as ("
    "  select *, coalesce(anonymous_id, user_id) as who,"
    "    coalesce(time - lag(time) over w > interval 30 minute, true) as is_first"
    "  from events where session_id is null and coalesce(anonymous_id, user_id) is not null"
    "  window w as (partition by site, coalesce(anonymous_id, user_id) order by " ORDER ")), "
    "cut as ("
    "  select * exclude (session_id, who, is_first),"
    "    who || '/' || sum(is_first::integer) over (partition by site, who order by " ORDER
    "      rows unbounded preceding)::bigint as session_id from gaps), "
    "visits as ("
    "  select * from events where session_id is not null union all by name select * from cut) "
    "select site, session_id,"
    "  arg_min(anonymous_id, " ORDER ") as anonymous_id,"
    "  arg_max(user_id, " ORDER ") as user_id,"
    "  min(session_index) as session_index,"
    "  min(time) as started_at,"
    "  max(time) as ended_at,"
    "  epoch_ms(max(time)) - epoch_ms(min(time)) as duration_ms,"
    "  count(*) as events,"
    "  count(*) filter (where type in ('page', 'screen')) as page_views,"
    "  arg_min(path, " ORDER ") filter (where type in ('page', 'screen')) as entry_path,"
    "  arg_max(path, " ORDER ") filter (where type in ('page', 'screen')) as exit_path,"
    "  arg_min(referrer, " ORDER ") as referrer,"
    "  arg_min(referrer_kind, " ORDER ") as referrer_kind,"
    "  arg_min(referrer_name, " ORDER ") as referrer_name,"
    "  arg_min(campaign_source, " ORDER ") as campaign_source,"
    "  arg_min(campaign_medium, " ORDER ") as campaign_medium,"
    "  arg_min(campaign_name, " ORDER ") as campaign_name,"
    "  arg_min(browser, " ORDER ") as browser,"
    "  arg_min(os, " ORDER ") as os,"
    "  arg_min(device_kind, " ORDER ") as device_kind,"
    "  arg_min(country, " ORDER ") as country,"
    "  coalesce(bool_or(is_bot), false) as is_bot "
    "from visits group by site, session_id";

/* What the page reports of a view's engagement is the sum so far: the largest is the last. */
static const char PAGE_VIEWS[] =
    "create view page_views as "
    "with engaged as ("
    "  select site, page_view_id,"
    "    max(try_cast(properties ->> '$.engaged_ms' as bigint)) as engaged_ms,"
    "    max(try_cast(properties ->> '$.depth' as double)) as depth"
    "  from events where type = 'engagement' and page_view_id is not null group by all) "
    "select v.site, v.page_view_id, v.session_id, v.anonymous_id, v.user_id, v.time, v.type,"
    "  v.name, v.url, v.host, v.path, v.title, v.referrer, v.referrer_kind, v.referrer_name,"
    "  lag(v.path) over w as previous_path,"
    "  lead(v.path) over w as next_path,"
    "  epoch_ms(lead(v.time) over w) - epoch_ms(v.time) as duration_ms,"
    "  e.engaged_ms, e.depth, v.properties, v.ingest_seq "
    "from events v left join engaged e on e.site = v.site and e.page_view_id = v.page_view_id "
    "where v.type in ('page', 'screen') "
    "window w as (partition by v.site, coalesce(v.session_id, v.anonymous_id, v.user_id)"
    "  order by epoch_ms(v.time) * 1048576 + coalesce(v.seq, v.ingest_seq) % 1048576)";

/* Who an id stands for. An anonymous id leads to the first user it was seen with, the previous id
 * of an alias to the id that replaced it first; these steps are walked to their end. Which ids
 * stood together in events is asked once: that is far less than there are events. */
static const char IDENTITIES[] =
    "create view identities as "
    "with recursive seen as materialized ("
    "  select site, anonymous_id, user_id, case when type = 'alias' then previous_id end as"
    "    previous_id, min(" ORDER ") as first, min(time) as first_seen, max(time) as last_seen"
    "  from events group by all), "
    "replaced as ("
    "  select site, previous_id as id, arg_min(coalesce(user_id, anonymous_id), first) as next"
    "  from seen where previous_id is not null"
    "    and coalesce(user_id, anonymous_id) <> previous_id group by all), "
    "known as ("
    "  select site, anonymous_id as id, arg_min(user_id, first) as next"
    "  from seen where anonymous_id is not null and user_id is not null"
    "    and user_id <> anonymous_id group by all), "
    "steps as ("
    "  select * from replaced union all select * from known k where not exists ("
    "    select 1 from replaced r where r.site = k.site and r.id = k.id)), "
    "named as ("
    "  select site, anonymous_id as id, 'anonymous' as kind, min(first_seen) as first_seen,"
    "    max(last_seen) as last_seen from seen where anonymous_id is not null group by all "
    "  union all select site, user_id, 'user', min(first_seen), max(last_seen) from seen"
    "    where user_id is not null group by all "
    "  union all select site, previous_id, 'replaced', min(first_seen), max(last_seen) from seen"
    "    where previous_id is not null group by all), "
    /* An id is what it is most: a user's before a browser's before what was only replaced. */
    "ids as (select site, id, max(kind) filter (where kind <> 'replaced') as kind,"
    "    min(first_seen) as first_seen, max(last_seen) as last_seen from named group by all), "
    "walk as ("
    "  select site, id, id as person_id, 0 as step from ids "
    "  union all select w.site, w.id, s.next, w.step + 1 from walk w"
    "    join steps s on s.site = w.site and s.id = w.person_id where w.step < 32) "
    "select i.site, i.id, coalesce(i.kind, 'replaced') as kind, w.person_id, i.first_seen,"
    "  i.last_seen from ids i join (select site, id, arg_max(person_id, step) as person_id"
    "    from walk group by all) w on w.site = i.site and w.id = i.id";

/* An event that names its user is that user's; any other is whose its browser was. */
static const char PERSON_EVENTS[] =
    "create view person_events as "
    "select e.*, coalesce(i.person_id, e.user_id, e.anonymous_id) as person_id from events e "
    "left join identities i on i.site = e.site and i.id = coalesce(e.user_id, e.anonymous_id)";

/* What somebody did is summed up by visit before it is known who that was. */
static const char USERS[] =
    "create view users as "
    "with who as materialized (select site, id, kind, person_id from identities), "
    "ids as ("
    "  select site, person_id,"
    "    coalesce(list(id order by id) filter (where kind = 'user'), []) as user_ids,"
    "    coalesce(list(id order by id) filter (where kind = 'anonymous'), []) as anonymous_ids,"
    "    coalesce(list(id order by id) filter (where kind = 'replaced'), []) as replaced_ids"
    "  from who group by all), "
    "visits as ("
    "  select site, coalesce(user_id, anonymous_id) as id, session_id, min(time) as first_seen,"
    "    max(time) as last_seen, count(*) as events,"
    "    count(*) filter (where type in ('page', 'screen')) as page_views,"
    "    arg_max(user_properties, " ORDER ") as user_properties,"
    "    max(" ORDER ") filter (where user_properties is not null) as user_properties_at,"
    "    arg_max(country, " ORDER ") as country,"
    "    max(" ORDER ") filter (where country is not null) as country_at,"
    "    coalesce(bool_or(is_bot), false) as is_bot"
    "  from events group by all), "
    "acts as ("
    "  select v.site, coalesce(w.person_id, v.id) as person_id, min(v.first_seen) as first_seen,"
    "    max(v.last_seen) as last_seen, sum(v.events)::bigint as events,"
    "    sum(v.page_views)::bigint as page_views, count(distinct v.session_id) as sessions,"
    "    arg_max(v.user_properties, v.user_properties_at) as user_properties,"
    "    arg_max(v.country, v.country_at) as country, bool_or(v.is_bot) as is_bot"
    "  from visits v left join who w on w.site = v.site and w.id = v.id"
    "  where coalesce(w.person_id, v.id) is not null group by all) "
    "select a.site, a.person_id, len(i.user_ids) > 0 as is_known, i.user_ids, i.anonymous_ids,"
    "  i.replaced_ids, a.* exclude (site, person_id) "
    "from acts a join ids i on i.site = a.site and i.person_id = a.person_id";

/* How many got how far. For each event that could be the next step: when did the latest chain up to
 * the step before begin? What no chain within the window can reach is dropped at each turn. */
static const char FUNNEL[] =
    "create macro funnel(steps, within := interval 7 day, person := 'anonymous_id',"
    "  source := 'events') as table "
    "with recursive hits as ("
    "  select hash(site, columns([person])) as who, epoch_us(time) as t,"
    "    list_position(steps, name) as step from query_table(source)"
    "  where list_contains(steps, name) and columns([person]) is not null), "
    "chains as ("
    "  select 1 as done, who, t, step, case when step = 1 then t end as start from hits "
    "  union all "
    "  select done + 1, who, t, step, case when step = done + 1 then latest end from ("
    "    select *, max(case when step = done then start end)"
    "        over (partition by who order by t) as latest,"
    "      epoch_us(timestamp '1970-01-01' + within) as within_us"
    "    from chains where done < len(steps))"
    "  where step > done and t - latest <= within_us), "
    "reached as ("
    "  select done as step, count(distinct who) as persons from chains"
    "  where step = done and start is not null group by all) "
    "select s.step, steps[s.step] as event, coalesce(r.persons, 0) as persons,"
    "  round(coalesce(r.persons, 0) / nullif(first(coalesce(r.persons, 0)) over w, 0), 4)"
    "    as of_first,"
    "  round(coalesce(r.persons, 0) / nullif(coalesce(lag(r.persons) over w,"
    "    case when s.step = 1 then r.persons end), 0), 4) as of_previous "
    "from range(1, len(steps) + 1) s(step) left join reached r on r.step = s.step "
    "window w as (order by s.step) order by s.step";

/* Of those who came for the first time in a period, how many came again in a later one. */
static const char RETENTION[] =
    "create macro retention(periods := 7, period := 'day', first := null, again := null,"
    "  person := 'anonymous_id', source := 'events') as table "
    "with acts as ("
    "  select distinct hash(site, columns([person])) as who,"
    /* Not "at time zone": that asks a calendar for each row. */
    "    date_trunc(period, make_timestamp(epoch_us(time))) as bucket,"
    "    first is null or name is not distinct from first as is_first,"
    "    again is null or name is not distinct from again as is_again"
    "  from query_table(source) where columns([person]) is not null), "
    "cohorts as (select who, min(bucket) as cohort from acts where is_first group by who), "
    "sizes as (select cohort, count(*) as size from cohorts group by cohort), "
    "seen as ("
    "  select c.cohort, date_diff(period, c.cohort, a.bucket) as after,"
    "    count(distinct a.who) as persons"
    "  from acts a join cohorts c using (who) where a.is_again and a.bucket >= c.cohort"
    "  group by all) "
    "select z.cohort::date as cohort, z.size, n.after, coalesce(s.persons, 0) as persons,"
    "  round(coalesce(s.persons, 0) / z.size, 4) as share "
    "from sizes z cross join range(0, periods + 1) n(after) "
    "left join seen s on s.cohort = z.cohort and s.after = n.after order by all";

/* An instant as UTC's clock has it. Functions of instants ask a calendar, row by row. */
static const char UTC[] = "create macro utc(instant) as make_timestamp(epoch_us(instant))";

const struct view_sql view_sqls[] = {
    {"sessions", SESSIONS, NULL},     {"page_views", PAGE_VIEWS, NULL},
    {"identities", IDENTITIES, NULL}, {"person_events", PERSON_EVENTS, "identities"},
    {"users", USERS, "identities"},   {"funnel", FUNNEL, NULL},
    {"retention", RETENTION, NULL},   {"utc", UTC, NULL},
};

const size_t view_sql_count = sizeof(view_sqls) / sizeof(view_sqls[0]);
