-- What the table rollup is made of: one row per judged sitting, label and detector that flagged.
--   flags       how many
--   length_s    their lengths together, seconds
--   top_score   of the strongest, 0 to 1
--   new_label   the first row of its person and label: counts people without grouping by person
--   the rest    as in made_rollup_sittings
CREATE OR REPLACE VIEW made_rollup AS
SELECT
    s.* EXCLUDE (flags), f.label, f.detector, f.flags, f.length_s, f.top_score,
    row_number() OVER (
        PARTITION BY s.person, f.label ORDER BY s.subject_id, f.detector
    ) = 1 AS new_label
FROM (
    SELECT
        session_id, candidate_id, subject_id, label, detector,
        count(*) AS flags,
        sum(end_s - start_s) AS length_s,
        max(score) AS top_score
    FROM raw_flags
    GROUP BY session_id, candidate_id, subject_id, label, detector
) AS f
JOIN made_rollup_sittings AS s USING (session_id, candidate_id, subject_id);
