SELECT count(*) FROM alembic_version WHERE version_num = '0004';
SELECT count(*) FROM state WHERE key = 'schema' AND value = '4';
SELECT runs.id, runs.workflow, runs.version, runs.name, runs.objective, runs.plan_id, runs.attempt,
runs.parent, runs.from_checkpoint, runs.session, runs.project, runs.status, runs.evidence, runs.started,
runs.finished, runs.last_event, runs.last_seq, runs.error, runs.steps, runs.steps_done, runs.current_step,
runs.items, runs.items_failed, runs.events, runs.logs, runs.warnings, runs.errors, runs.checkpoints,
runs.messages, runs.approvals, runs.approvals_pending, runs.artifacts, runs.input_tokens, runs.output_tokens,
runs.cache_read_tokens, runs.cache_write_tokens, runs.reasoning_tokens, runs.recorded_nanousd,
runs.computed_nanousd, runs.calls_recorded, runs.calls_computed, runs.calls_unknown, runs.size_bytes, (SELECT
json_group_array(run_tags.tag) AS texts_1  FROM run_tags  WHERE run_tags.run = runs.id) AS anon_1, runs.notes,
runs.pinned AS pinned, runs.archived AS archived, runs.damaged, bodies.meta, bodies.writer, runs.source,
runs.source_id, runs.started AS sort_value, 0 AS behind  FROM runs LEFT OUTER JOIN run_bodies AS bodies ON
bodies.run = runs.id  WHERE runs.started >= '' ORDER BY runs.started DESC, runs.id DESC  LIMIT :limit OFFSET 0;
SELECT runs.id, runs.workflow, runs.version, runs.name, runs.objective, runs.plan_id, runs.attempt,
runs.parent, runs.from_checkpoint, runs.session, runs.project, runs.status, runs.evidence, runs.started,
runs.finished, runs.last_event, runs.last_seq, runs.error, runs.steps, runs.steps_done, runs.current_step,
runs.items, runs.items_failed, runs.events, runs.logs, runs.warnings, runs.errors, runs.checkpoints,
runs.messages, runs.approvals, runs.approvals_pending, runs.artifacts, runs.input_tokens, runs.output_tokens,
runs.cache_read_tokens, runs.cache_write_tokens, runs.reasoning_tokens, runs.recorded_nanousd,
runs.computed_nanousd, runs.calls_recorded, runs.calls_computed, runs.calls_unknown, runs.size_bytes, (SELECT
json_group_array(run_tags.tag) AS texts_1  FROM run_tags  WHERE run_tags.run = runs.id) AS anon_1, runs.notes,
runs.pinned AS pinned, runs.archived AS archived, runs.damaged, bodies.meta, bodies.writer, runs.source,
runs.source_id, runs.started AS sort_value, 0 AS behind  FROM runs LEFT OUTER JOIN run_bodies AS bodies ON
bodies.run = runs.id  WHERE runs.started IS NULL ORDER BY runs.started DESC, runs.id DESC  LIMIT :limit OFFSET
0;
SELECT tallies.status, sum(tallies.runs) AS sum_1, sum(tallies.size_bytes) AS sum_2  FROM tallies GROUP BY
tallies.status;
SELECT CASE WHEN sum(rollups.recorded_nanousd >> 31) + (sum(rollups.recorded_nanousd & 2147483647) >> 31) >=
4294967296 THEN 9223372036854775807 ELSE coalesce((sum(rollups.recorded_nanousd >> 31) << 31) +
sum(rollups.recorded_nanousd & 2147483647), 0) END AS total_1, CASE WHEN sum(rollups.computed_nanousd >> 31) +
(sum(rollups.computed_nanousd & 2147483647) >> 31) >= 4294967296 THEN 9223372036854775807 ELSE
coalesce((sum(rollups.computed_nanousd >> 31) << 31) + sum(rollups.computed_nanousd & 2147483647), 0) END AS
total_2, CASE WHEN sum(rollups.calls_recorded >> 31) + (sum(rollups.calls_recorded & 2147483647) >> 31) >=
4294967296 THEN 9223372036854775807 ELSE coalesce((sum(rollups.calls_recorded >> 31) << 31) +
sum(rollups.calls_recorded & 2147483647), 0) END AS total_3, CASE WHEN sum(rollups.calls_computed >> 31) +
(sum(rollups.calls_computed & 2147483647) >> 31) >= 4294967296 THEN 9223372036854775807 ELSE
coalesce((sum(rollups.calls_computed >> 31) << 31) + sum(rollups.calls_computed & 2147483647), 0) END AS
total_4, CASE WHEN sum(rollups.calls_unknown >> 31) + (sum(rollups.calls_unknown & 2147483647) >> 31) >=
4294967296 THEN 9223372036854775807 ELSE coalesce((sum(rollups.calls_unknown >> 31) << 31) +
sum(rollups.calls_unknown & 2147483647), 0) END AS total_5  FROM rollups  WHERE rollups.day = :day;
SELECT count(*) AS count_1  FROM damage;
