-- What the table rollup_sittings is made of: one row per judged sitting with everything that rates
-- are grouped by, so that no question needs a join.
--   person      64 bits of the MD5 of session and candidate: counts people, names nobody
--   window_s    length of the judged window, seconds
--   flags       how many flags it has
--   the rest    as in the views sittings and equipment; 'unknown' where nobody says
CREATE OR REPLACE VIEW made_rollup_sittings AS
SELECT
    s.session_id, s.candidate_id, s.subject_id,
    md5_number_lower(s.session_id || chr(31) || s.candidate_id) AS person,
    s.window_s, s.platform, s.kind, s.rulebook, s.region, s.occupation, s.level,
    s.day, s.hour, s.weekday,
    coalesce(nullif(e.device, ''), 'unknown') AS device,
    coalesce(nullif(e.network, ''), 'unknown') AS network,
    coalesce(f.flags, 0) AS flags
FROM sittings AS s
LEFT JOIN (
    SELECT session_id, candidate_id, subject_id, count(*) AS flags FROM raw_flags GROUP BY ALL
) AS f USING (session_id, candidate_id, subject_id)
LEFT JOIN equipment AS e USING (session_id, candidate_id, subject_id)
WHERE s.judged;
