-- The same work in PostgreSQL: an event once, its team's sums by day, the turnover of twelve months, a row for each alert.
-- As little as will do: no history of knowledge, no order but that of arrival, one indicator, one rule. A statement's
-- trigger folds all of its rows at once; what can be done for many rows together is.

set client_min_messages = warning;
drop schema public cascade;
create schema public;

create table event (
    number bigint not null, source text not null, org text not null, subject text not null, id text not null,
    kind "char" not null, said int not null, effective int not null, team int, n bigint,
    primary key (source, org, subject, id)
);
create table engagement (subject text primary key, team int not null, fte bigint not null);
create table day_sum (
    team int, day int, joined bigint not null default 0, leavers bigint not null default 0, cases bigint not null default 0,
    counts int not null default 0, supervisions int not null default 0, trainings int not null default 0,
    absences int not null default 0,
    primary key (team, day)
);
create index left_on on day_sum (day) where leavers > 0;
create index left_of on day_sum (team, day) include (leavers) where leavers > 0;
create table team_now (team int primary key, stock bigint not null, level int not null default 0);
create table alert (number bigserial primary key, team int, day int, level int, leavers bigint, stock bigint);
create table clock (today int not null, year_before int not null);
insert into clock values (0, 0);

create function judge(teams int[]) returns void language sql as $$
    with figure as (
        select n.team, n.stock, n.level, c.today,
               coalesce((select sum(d.leavers) from day_sum d where d.team = n.team and d.day > c.year_before and d.day <= c.today
                         and d.leavers > 0), 0) as leavers
        from team_now n, clock c where n.team = any(teams)),
    state as (
        select *, case when stock > 0 and leavers * 100 >= stock * 20 then 2
                       when stock > 0 and leavers * 100 >= stock * 15 then 1 else 0 end as is
        from figure),
    changed as (
        update team_now set level = s.is from state s where team_now.team = s.team and s.is <> s.level
        returning s.team, s.today, s.is, s.leavers, s.stock)
    insert into alert (team, day, level, leavers, stock) select * from changed;
$$;

-- What an engagement's event moves: FTE of a team from a day on; a leaver's out of the day after it.
create function move(of_team int, on_day int, fte bigint, leaver bigint) returns void language sql as $$
    insert into day_sum as d (team, day, joined, leavers) values (of_team, on_day, fte, leaver)
        on conflict (team, day) do update set joined = d.joined + excluded.joined, leavers = d.leavers + excluded.leavers;
    insert into team_now as t (team, stock) values (of_team, fte)
        on conflict (team) do update set stock = t.stock + excluded.stock;
$$;

create function fold() returns trigger language plpgsql as $$
declare
    r record;
    was engagement;
    teams int[] := '{}';
begin
    for r in select * from fresh where kind in ('s', 'm', 'f', 'l') order by number loop
        select * into was from engagement where subject = r.subject;
        if r.kind = 's' then
            insert into engagement values (r.subject, r.team, r.n);
            perform move(r.team, r.effective, r.n, 0);
            teams := teams || r.team;
            continue;
        end if;
        teams := teams || was.team;
        if r.kind = 'm' then
            update engagement set team = r.team where subject = r.subject;
            perform move(was.team, r.effective, -was.fte, 0), move(r.team, r.effective, was.fte, 0);
            teams := teams || r.team;
        elsif r.kind = 'f' then
            update engagement set fte = r.n where subject = r.subject;
            perform move(was.team, r.effective, r.n - was.fte, 0);
        else
            delete from engagement where subject = r.subject;
            perform move(was.team, r.effective, -was.fte, was.fte);
        end if;
    end loop;
    insert into day_sum as d (team, day, cases, counts, supervisions, trainings, absences)
        select e.team, f.effective, coalesce(sum(f.n) filter (where kind = 'k'), 0), count(*) filter (where kind = 'k'),
               count(*) filter (where kind = 'v'), count(*) filter (where kind in ('t', 'd')), count(*) filter (where kind = 'a')
        from fresh f join engagement e using (subject) where kind not in ('s', 'm', 'f', 'l') group by e.team, f.effective
        on conflict (team, day) do update set cases = d.cases + excluded.cases, counts = d.counts + excluded.counts,
            supervisions = d.supervisions + excluded.supervisions, trainings = d.trainings + excluded.trainings,
            absences = d.absences + excluded.absences;
    if teams <> '{}' then
        perform judge(teams);
    end if;
    return null;
end $$;
create trigger fold after insert on event referencing new table as fresh for each statement execute function fold();

-- A day begins: who left a year ago leaves the window.
create function tick(to_day int, before int) returns void language plpgsql as $$
declare
    teams int[];
begin
    update clock set today = to_day, year_before = before;
    select array_agg(distinct team) into teams from day_sum where day = before and leavers > 0;
    if teams is not null then
        perform judge(teams);
    end if;
end $$;

create temp table if not exists staging (like event) on commit delete rows;
