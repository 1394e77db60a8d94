-- One row per analysed sitting, without names or identity numbers.
--   session_id, candidate_id, subject_id   the keys of every view
--   judged                                 the analysis succeeded and some of it is judged
--   window_s                               length of the judged window, seconds
--   platform, kind, rulebook, region       from session.toml ('unknown' where its folder is gone)
--   occupation, level                      from candidates.csv
--   day, hour, weekday                     of the scheduled start, session's time zone; 1 is Monday
--   state, reason, elapsed_s, analysed_at, version, window_start_s, window_end_s  as in the table
CREATE OR REPLACE VIEW sittings AS
SELECT
    s.* EXCLUDE (key),
    s.window_end_s - s.window_start_s AS window_s,
    s.state = 'done' AND coalesce(s.window_end_s > s.window_start_s, false) AS judged,
    coalesce(sessions.platform, 'unknown') AS platform,
    coalesce(sessions.kind, 'unknown') AS kind,
    coalesce(sessions.rulebook, 'unknown') AS rulebook,
    coalesce(nullif(candidates.region, ''), sessions.region, 'unknown') AS region,
    coalesce(nullif(candidates.occupation, ''), 'unknown') AS occupation,
    coalesce(nullif(candidates.level, ''), 'unknown') AS level,
    subjects.day AS day,
    subjects.hour AS hour,
    subjects.weekday AS weekday
FROM raw_sittings AS s
LEFT JOIN sessions USING (session_id)
LEFT JOIN subjects USING (session_id, subject_id)
LEFT JOIN candidates USING (session_id, candidate_id);
