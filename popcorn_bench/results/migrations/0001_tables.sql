-- Index over the journal. Ids are fingerprints; '' stands for "no part in this" in a place.
-- `mode` is the id of a mode; a mode without settings has its name for id.
-- A place is (task_id, query_id, llm_id, mode, seed, repeat [, video_id] [, evaluator_id]).

CREATE TABLE runs (
    run_id VARCHAR, started_at TIMESTAMP, finished_at TIMESTAMP, status VARCHAR,
    version VARCHAR, partial BOOLEAN, spec JSON, environment JSON
);
CREATE TABLE tasks (task_id VARCHAR, name VARCHAR, version VARCHAR, metrics VARCHAR[], metadata JSON);
CREATE TABLE queries (task_id VARCHAR, query_id VARCHAR, text VARCHAR, kind VARCHAR, topic VARCHAR);
CREATE TABLE llms (
    llm_id VARCHAR, name VARCHAR, model VARCHAR, params JSON, family VARCHAR, version VARCHAR,
    release_date VARCHAR, baseline BOOLEAN
);
CREATE TABLE modes (mode VARCHAR, name VARCHAR, settings JSON);
CREATE TABLE generators (
    video_id VARCHAR, name VARCHAR, adapter VARCHAR, revision VARCHAR, settings JSON,
    family VARCHAR, release_date VARCHAR, licence VARCHAR, baseline BOOLEAN
);
CREATE TABLE evaluators (
    evaluator_id VARCHAR, name VARCHAR, version VARCHAR, weights VARCHAR, settings JSON,
    inputs VARCHAR[], sees_video BOOLEAN, validity JSON
);
CREATE TABLE metrics (
    evaluator_id VARCHAR, metric VARCHAR, description VARCHAR, direction VARCHAR, unit VARCHAR,
    low DOUBLE, high DOUBLE, members VARCHAR[]
);
CREATE TABLE anchors (
    evaluator_id VARCHAR, metric VARCHAR, topic VARCHAR, n BIGINT, mean DOUBLE, sd DOUBLE,
    quantiles DOUBLE[]
);

-- Corpus rows that an evaluator was trained on and that an LLM may be shown in a mode.
CREATE TABLE leaks (mode VARCHAR, evaluator_id VARCHAR, rows BIGINT);

-- What was asked: every planned cell of a run and its queries. `video_id` is '' in cells of
-- evaluators that do not see the video.
CREATE TABLE plan_cells (
    run_id VARCHAR, task_id VARCHAR, llm_id VARCHAR, video_id VARCHAR, mode VARCHAR,
    evaluator_id VARCHAR, seed BIGINT, repeats BIGINT
);
CREATE TABLE plan_queries (run_id VARCHAR, task_id VARCHAR, query_id VARCHAR);

-- What happened: one row per place. `reused` rows were paid for at another place. `seen` holds the
-- ids of the corpus rows that the LLM was shown, `copying` the title's largest similarity to theirs.
CREATE TABLE briefs (
    task_id VARCHAR, query_id VARCHAR, llm_id VARCHAR, mode VARCHAR, seed BIGINT, repeat BIGINT,
    key VARCHAR, run_id VARCHAR, done_at TIMESTAMP, reused BOOLEAN,
    title VARCHAR, cover_prompt VARCHAR, video_prompt VARCHAR, raw VARCHAR, breaches VARCHAR[],
    reasoning VARCHAR, seen VARCHAR[], copying DOUBLE,
    prompt_tokens BIGINT, completion_tokens BIGINT, cost_usd DOUBLE, seconds DOUBLE
);
CREATE TABLE videos (
    task_id VARCHAR, query_id VARCHAR, llm_id VARCHAR, mode VARCHAR, seed BIGINT, repeat BIGINT,
    video_id VARCHAR, stage VARCHAR,
    key VARCHAR, run_id VARCHAR, done_at TIMESTAMP, reused BOOLEAN,
    sha256 VARCHAR, suffix VARCHAR, bytes BIGINT, width BIGINT, height BIGINT, frames BIGINT,
    fps DOUBLE, seconds DOUBLE, codec VARCHAR,
    made_seconds DOUBLE, peak_gb DOUBLE, cost_usd DOUBLE
);
CREATE TABLE scores (
    task_id VARCHAR, query_id VARCHAR, llm_id VARCHAR, mode VARCHAR, seed BIGINT, repeat BIGINT,
    video_id VARCHAR, evaluator_id VARCHAR,
    key VARCHAR, run_id VARCHAR, done_at TIMESTAMP, reused BOOLEAN,
    metric VARCHAR, score DOUBLE, percentile DOUBLE, low DOUBLE, high DOUBLE, members DOUBLE[],
    cost_usd DOUBLE
);

-- What alterations of the input do to a metric, on a sample of the run's own titles (per LLM and
-- mode) or clips (per generator; `llm_id` and `mode` are then ''), and how far its titles are from
-- human ones. `query_id` is ''.
CREATE TABLE probes (
    task_id VARCHAR, query_id VARCHAR, llm_id VARCHAR, mode VARCHAR, seed BIGINT, repeat BIGINT,
    video_id VARCHAR, evaluator_id VARCHAR,
    key VARCHAR, run_id VARCHAR, done_at TIMESTAMP, reused BOOLEAN,
    metric VARCHAR, probe VARCHAR, n BIGINT, refused BIGINT, original DOUBLE, altered DOUBLE,
    se DOUBLE
);
CREATE TABLE shifts (
    task_id VARCHAR, query_id VARCHAR, llm_id VARCHAR, mode VARCHAR, seed BIGINT, repeat BIGINT,
    video_id VARCHAR, evaluator_id VARCHAR,
    key VARCHAR, run_id VARCHAR, done_at TIMESTAMP, reused BOOLEAN,
    auc DOUBLE, n BIGINT, n_human BIGINT
);
CREATE TABLE failures (
    task_id VARCHAR, query_id VARCHAR, llm_id VARCHAR, mode VARCHAR, seed BIGINT, repeat BIGINT,
    video_id VARCHAR, evaluator_id VARCHAR, stage VARCHAR,
    key VARCHAR, run_id VARCHAR, done_at TIMESTAMP,
    kind VARCHAR, message VARCHAR, attempts BIGINT, retriable BOOLEAN, cost_usd DOUBLE
);

-- How far each journal file was read into this index, a row per reading, with the number of lines
-- that could not be read.
CREATE TABLE journal_files (file VARCHAR, bytes BIGINT, damaged BIGINT);

-- Failures that no later success at the same place and stage has mended, the latest per place.
-- Each stage looks in its own table, whose rows then only pass by the few failures.
CREATE VIEW open_failures AS
WITH latest AS (
    SELECT * FROM failures
    QUALIFY row_number() OVER (
        PARTITION BY task_id, query_id, llm_id, mode, seed, repeat, video_id, evaluator_id, stage
        ORDER BY done_at DESC
    ) = 1
)
SELECT f.* FROM latest AS f
ANTI JOIN briefs USING (task_id, query_id, llm_id, mode, seed, repeat)
WHERE f.stage = 'brief'
UNION ALL
SELECT f.* FROM latest AS f
ANTI JOIN videos USING (task_id, query_id, llm_id, mode, seed, repeat, video_id, stage)
WHERE f.stage IN ('cover', 'video')
UNION ALL
SELECT f.* FROM latest AS f
ANTI JOIN scores USING (task_id, query_id, llm_id, mode, seed, repeat, video_id, evaluator_id)
WHERE f.stage = 'score'
UNION ALL
SELECT f.* FROM latest AS f
ANTI JOIN probes USING (task_id, query_id, llm_id, mode, seed, repeat, video_id, evaluator_id)
WHERE f.stage = 'audit';

-- One value per query: seeds and repeats are averaged first, because the query is the sampling unit.
CREATE VIEW query_scores AS
SELECT s.task_id, s.llm_id, s.video_id, s.mode, s.evaluator_id, s.metric, s.query_id,
       any_value(q.kind) AS kind, any_value(q.topic) AS topic,
       avg(s.score) AS score, avg(s.percentile) AS percentile, count(*) AS n
FROM scores AS s
JOIN queries AS q USING (task_id, query_id)
GROUP BY s.task_id, s.llm_id, s.video_id, s.mode, s.evaluator_id, s.metric, s.query_id;

-- How many scores every cell was to get: distinct (query, seed, repeat) over all runs.
CREATE VIEW planned AS
SELECT c.task_id, c.llm_id, c.video_id, c.mode, c.evaluator_id, p.query_id, c.seed,
       max(c.repeats) AS repeats
FROM plan_cells AS c
JOIN plan_queries AS p USING (run_id, task_id)
GROUP BY c.task_id, c.llm_id, c.video_id, c.mode, c.evaluator_id, p.query_id, c.seed;

-- The same tables with names beside the ids, as `results export` writes them.
CREATE VIEW named_places AS
SELECT t.task_id, q.query_id, t.name AS task, t.version AS task_version, q.text AS query,
       q.kind AS kind, q.topic AS topic
FROM tasks AS t
JOIN queries AS q USING (task_id);

CREATE VIEW named_briefs AS
SELECT n.* EXCLUDE (task_id, query_id), l.name AS llm, coalesce(m.name, mode) AS mode_name, b.*
FROM briefs AS b
LEFT JOIN named_places AS n USING (task_id, query_id)
LEFT JOIN modes AS m USING (mode)
LEFT JOIN llms AS l USING (llm_id);

CREATE VIEW named_videos AS
SELECT n.* EXCLUDE (task_id, query_id), l.name AS llm, g.name AS video,
       coalesce(m.name, mode) AS mode_name, v.*
FROM videos AS v
LEFT JOIN modes AS m USING (mode)
LEFT JOIN named_places AS n USING (task_id, query_id)
LEFT JOIN llms AS l USING (llm_id)
LEFT JOIN generators AS g USING (video_id);

CREATE VIEW named_scores AS
SELECT n.* EXCLUDE (task_id, query_id), l.name AS llm, g.name AS video, e.name AS evaluator,
       e.version AS evaluator_version, coalesce(m.name, mode) AS mode_name, s.*
FROM scores AS s
LEFT JOIN modes AS m USING (mode)
LEFT JOIN named_places AS n USING (task_id, query_id)
LEFT JOIN llms AS l USING (llm_id)
LEFT JOIN generators AS g USING (video_id)
LEFT JOIN evaluators AS e USING (evaluator_id);

CREATE VIEW named_failures AS
SELECT n.* EXCLUDE (task_id, query_id), l.name AS llm, g.name AS video, e.name AS evaluator,
       coalesce(m.name, mode) AS mode_name, f.* RENAME (kind AS failure)
FROM open_failures AS f
LEFT JOIN modes AS m USING (mode)
LEFT JOIN named_places AS n USING (task_id, query_id)
LEFT JOIN llms AS l USING (llm_id)
LEFT JOIN generators AS g USING (video_id)
LEFT JOIN evaluators AS e USING (evaluator_id);

CREATE VIEW named_probes AS
SELECT t.name AS task, t.version AS task_version, l.name AS llm, g.name AS video,
       e.name AS evaluator, e.version AS evaluator_version, coalesce(m.name, mode) AS mode_name,
       p.* EXCLUDE (query_id)
FROM probes AS p
LEFT JOIN tasks AS t USING (task_id)
LEFT JOIN modes AS m USING (mode)
LEFT JOIN llms AS l USING (llm_id)
LEFT JOIN generators AS g USING (video_id)
LEFT JOIN evaluators AS e USING (evaluator_id);

CREATE VIEW named_shifts AS
SELECT t.name AS task, t.version AS task_version, l.name AS llm, g.name AS video,
       e.name AS evaluator, e.version AS evaluator_version, coalesce(m.name, mode) AS mode_name,
       s.* EXCLUDE (query_id)
FROM shifts AS s
LEFT JOIN tasks AS t USING (task_id)
LEFT JOIN modes AS m USING (mode)
LEFT JOIN llms AS l USING (llm_id)
LEFT JOIN generators AS g USING (video_id)
LEFT JOIN evaluators AS e USING (evaluator_id);
